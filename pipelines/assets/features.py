"""Stage ``features``: what is known about every paying account at the end of a day."""

import dagster as dg
from pydantic import Field

from pipelines.assets import OWNERS, day, partitions, table_md
from pipelines.config import Config, with_training


class PanelRun(dg.Config):
    """What a single run may do otherwise than the configuration file says."""

    most_dates: int | None = Field(None, description="in place of training.most_dates")
    most_rows: int | None = Field(None, description="in place of training.most_rows")


def assets(config: Config, tables: list[str]) -> list[dg.AssetsDefinition]:
    """The feature table and the training set, both from the same statement."""
    return [_features(config, tables), _training_set(config, tables)]


def _features(config: Config, tables: list[str]) -> dg.AssetsDefinition:
    @dg.asset(
        group_name="features",
        description="One row per paying account: every feature of the catalogue, as known at the end of the day.",
        deps=tables,
        partitions_def=partitions(config),
        owners=OWNERS,
        kinds={"duckdb"},
    )
    def features(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from churn_features.catalogue import FEATURES, fingerprint
        from pipelines.features import compute
        from pipelines.tables import present

        as_of = day(context)
        rows = compute(config, as_of)
        there = present(config, as_of)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": rows,
                "features": len(FEATURES),
                "fingerprint": fingerprint(),
                "tables": ", ".join(there),
                "tables that are missing": ", ".join(name for name in tables if name not in there) or "none",
            }
        )

    return features


def _training_set(from_file: Config, tables: list[str]) -> dg.AssetsDefinition:
    @dg.asset(
        group_name="features",
        description="Features of earlier as-of dates with their matured outcomes, as known at the end of the day.",
        deps=tables,
        partitions_def=partitions(from_file),
        owners=OWNERS,
        kinds={"duckdb"},
    )
    def training_set(context: dg.AssetExecutionContext, config: PanelRun) -> dg.MaterializeResult:
        from pipelines.features import compute_panel
        from pipelines.training import outcome_counts

        keys = with_training(from_file, **config.model_dump(exclude_none=True))
        as_of = day(context)
        rows = compute_panel(keys, as_of, context.log.info)
        counts = outcome_counts(keys, as_of)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": rows,
                "leavers by date": table_md(["as of", "accounts", "leavers", "announced", "contacted"], counts),
            }
        )

    return training_set
