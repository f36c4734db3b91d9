"""Stage ``raw``: a day's rows as the sources gave them. The only stage that is retried, since a source may
come back."""

import dagster as dg

from pipelines.assets import OWNERS, day, partitions
from pipelines.config import Config
from pipelines.errors import ChurnError, SourceUnavailable


def assets(config: Config) -> list[dg.AssetsDefinition]:
    """One asset per configured table."""
    from pipelines.sources import source_of

    return [_raw(config, table, source) for table, source in source_of(config).items()]


def _raw(config: Config, table: str, source: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"raw_{table}",
        group_name="raw",
        description=f"Rows of {table} as landed from source {source}, mapped to the contract, not yet checked.",
        partitions_def=partitions(config),
        retry_policy=dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL),
        owners=OWNERS,
        kinds={"duckdb", "parquet"},
    )
    def land_table(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from pipelines.ingest import land

        try:
            landed = land(config, day(context), table, say=context.log.info)
        except SourceUnavailable:
            raise
        except ChurnError as error:
            # what is wrong with the data or the mapping stays wrong
            raise dg.Failure(str(error), allow_retries=False) from error
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
