"""Stage ``model``: a challenger is trained, judged on later dates, and takes over only if it is better; triggers, which
need no model, are measured on the same rows."""

import base64
from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from pipelines.assets import OWNERS, day, partitions, table_md
from pipelines.config import Config, with_training


class TrainingRun(dg.Config):
    """What a single run may do otherwise than the configuration file says."""

    seed: int | None = Field(None, description="in place of training.seed")
    backtest_folds: int | None = Field(None, description="in place of training.backtest_folds")
    tuning_trials: int | None = Field(None, description="in place of training.tuning_trials")
    tuning_seconds: int | None = Field(None, description="in place of training.tuning_seconds")


def assets(from_file: Config) -> list[dg.AssetsDefinition]:
    """The model with the duel as its check, and the figures of the triggers with the company's alarm as theirs."""
    return [_churn_model(from_file), _trigger_quality(from_file)]


def _churn_model(from_file: Config) -> dg.AssetsDefinition:
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

    return churn_model


def _trigger_quality(config: Config) -> dg.AssetsDefinition:
    @dg.asset(
        group_name="model",
        description="What each trigger was worth on the company's own history: lift, coverage and time before.",
        deps=["training_set"],
        partitions_def=partitions(config),
        check_specs=[
            dg.AssetCheckSpec(
                "churn_alarm",
                asset="trigger_quality",
                description="No more customers left in the last month than the months before let expect.",
            )
        ],
        owners=OWNERS,
        kinds={"duckdb"},
    )
    def trigger_quality(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        from pipelines.triggers import told, triggers
        from pipelines.triggers.alarm import alarm
        from pipelines.triggers.quality import require_measured, write_quality

        as_of = day(context)
        found, rates = require_measured(config, as_of), alarm(config, as_of)
        known = {trigger.name: trigger for trigger in triggers(config)}
        lines = told.alarm_lines(rates)
        yield dg.AssetCheckResult(
            check_name="churn_alarm",
            passed=not rates.raised,
            severity=dg.AssetCheckSeverity.WARN,
            description="; ".join(line.strip() for line in lines),
            metadata={"compared": dg.MetadataValue.json(rates.as_dict())},
        )
        yield dg.MaterializeResult(
            metadata={
                "triggers": table_md(
                    ["trigger", "kind", *told.HEADER],
                    [[name, told.kind(known[name]), *told.cells(each)] for name, each in found.of.items()],
                ),
                "what the columns mean": told.WHAT,
                "rows": found.rows,
                "leavers": found.leavers,
                "file": dg.MetadataValue.path(str(write_quality(config, as_of, found))),
            }
        )

    return trigger_quality
