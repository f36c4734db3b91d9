"""Stage ``raw``: a day's rows as the sources gave them. The only stage that is retried, since a source may
come back."""

import dagster as dg

from pipelines.assets import OWNERS, RETRIED, day, no_retry_of_what_stays, partitions, remote
from pipelines.config import Config


def assets(config: Config) -> list[dg.AssetsDefinition]:
    """One asset per configured table."""
    from pipelines.sources import source_of

    return [_raw(config, table, source) for table, source in source_of(config).items()]


def _raw(config: Config, table: str, source: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"raw_{table}",
        group_name="raw",
        description=f"Rows of {table} as landed from source {source}, mapped to the contract, not yet checked.",
        deps=remote.before(config),
        partitions_def=partitions(config),
        retry_policy=RETRIED,
        owners=OWNERS,
        kinds={"duckdb", "parquet"},
    )
    def land_table(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from pipelines.ingest import land

        with no_retry_of_what_stays():
            landed = land(config, day(context), table, say=context.log.info)
        for change in landed.changes:
            (context.log.warning if change.level == "warning" else context.log.info)(f"{table}: {change}")
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": landed.rows,
                "source": landed.source,
                "columns the source lacks": ", ".join(landed.absent) or "none",
                "usage after": landed.after_day or "the beginning",
                "columns of the source": len(landed.columns),
                "columns that changed": "; ".join(f"{each.level}: {each}" for each in landed.changes) or "none",
            }
        )

    return land_table
