"""Stage ``model``: a challenger is trained, judged on later dates, and takes over only if it is better."""

import base64
from collections.abc import Iterator

import dagster as dg

from pipelines.assets import OWNERS, day, partitions
from pipelines.config import Config


def assets(config: Config) -> list[dg.AssetsDefinition]:
    """The model with the duel as its check."""

    @dg.asset(
        group_name="model",
        description="The newest trained model. Whether it became champion is the check's verdict.",
        deps=["training_set"],
        partitions_def=partitions(config),
        check_specs=[
            dg.AssetCheckSpec("duel", asset="churn_model", description="Better than its rivals on later dates.")
        ],
        owners=OWNERS,
        kinds={"lightgbm", "mlflow"},
    )
    def churn_model(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        from pipelines.tracking import metrics, page
        from pipelines.training import fit_and_judge

        tags = {"dagster/run_id": context.run_id, "dagster/partition": context.partition_key}
        trained = fit_and_judge(config, day(context), tags, context.log.info)
        figures = {name: value for name, value in metrics(trained.verdict).items() if not name.startswith("champion_")}
        pictures = {
            f"plot: {name}": dg.MetadataValue.md(f"![{name}](data:image/png;base64,{base64.b64encode(png).decode()})")
            for name, png in trained.plots.items()
        }
        yield dg.AssetCheckResult(
            check_name="duel",
            passed=trained.verdict.promote,
            severity=dg.AssetCheckSeverity.WARN,
            description=trained.verdict.reason,
        )
        yield dg.MaterializeResult(
            metadata={
                "verdict": trained.verdict.reason,
                "promoted": trained.verdict.promote,
                "version": trained.version,
                "mlflow run": trained.run_id,
                "card": dg.MetadataValue.md(page(trained.card, trained.verdict)),
                **{name: figures[name] for name in ("auc", "auc_low", "auc_high", "lift_10", "log_loss", "brier")},
                **pictures,
            }
        )

    return [churn_model]
