"""Stage ``model``: a challenger is trained, judged on later dates, and takes over only if it is better."""

import base64
from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from pipelines.assets import OWNERS, day, partitions
from pipelines.config import Config, with_training


class TrainingRun(dg.Config):
    """What a single run may do otherwise than the configuration file says."""

    seed: int | None = Field(None, description="in place of training.seed")
    backtest_folds: int | None = Field(None, description="in place of training.backtest_folds")
    tuning_trials: int | None = Field(None, description="in place of training.tuning_trials")
    tuning_seconds: int | None = Field(None, description="in place of training.tuning_seconds")


def assets(from_file: Config) -> list[dg.AssetsDefinition]:
    """The model with the duel as its check."""

    @dg.asset(
        group_name="model",
        description="The newest trained model. Whether it became champion is the check's verdict.",
        deps=["training_set"],
        partitions_def=partitions(from_file),
        check_specs=[
            dg.AssetCheckSpec(
                "duel",
                asset="churn_model",
                description="On later dates it was promoted, or would do and only is no better than the champion.",
            )
        ],
        owners=OWNERS,
        kinds={"lightgbm", "mlflow"},
    )
    def churn_model(
        context: dg.AssetExecutionContext, config: TrainingRun
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        from pipelines.card import page
        from pipelines.recorded import metrics
        from pipelines.training import fit_and_judge

        tags = {"dagster/run_id": context.run.run_id, "dagster/partition": context.partition_key}
        keys = with_training(from_file, **config.model_dump(exclude_none=True))
        trained = fit_and_judge(keys, day(context), tags, context.log.info)
        figures = {name: value for name, value in metrics(trained.verdict).items() if not name.startswith("champion_")}
        pictures = {
            f"plot: {name}": dg.MetadataValue.md(f"![{name}](data:image/png;base64,{base64.b64encode(png).decode()})")
            for name, png in trained.plots.items()
        }
        said: dict[str, str | bool] = {
            "verdict": trained.verdict.reason,
            "promoted": trained.verdict.promote,
            "grade": trained.verdict.grade,
            "model": trained.verdict.chosen,
        }
        yield dg.AssetCheckResult(
            check_name="duel",
            passed=trained.verdict.usable,
            severity=dg.AssetCheckSeverity.WARN,
            description=trained.verdict.reason,
            metadata=said,
        )
        yield dg.MaterializeResult(
            metadata={
                **said,
                "version": trained.version,
                "mlflow run": trained.run_id,
                "card": dg.MetadataValue.md(page(trained.card, trained.verdict)),
                **{name: figures[name] for name in ("auc", "auc_low", "auc_high", "lift_10", "log_loss", "brier")},
                **pictures,
            }
        )

    return [churn_model]
