"""Stage ``exports``: the published lists in other systems, an asset for each destination. Retried like the reading of
sources, since a server may come back; a destination that fails leaves the others alone."""

from collections.abc import Sequence

import dagster as dg

from pipelines.assets import OWNERS, day, partitions, table_md
from pipelines.config import Config
from pipelines.errors import SourceUnavailable


def assets(config: Config, lists: Sequence[str]) -> list[dg.AssetsDefinition]:
    """One asset per configured destination, made after those of ``lists`` that it gets."""
    return [_export(config, name, lists) for name in config.destinations]


def _export(config: Config, name: str, lists: Sequence[str]) -> dg.AssetsDefinition:
    keys = config.destinations[name]

    @dg.asset(
        name=f"export_{name}",
        group_name="exports",
        description=f"The published lists of the day in the destination {name}, of kind {keys.kind}.",
        deps=[each for each in lists if not keys.lists or each in keys.lists],
        partitions_def=partitions(config),
        retry_policy=dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL),
        owners=[*OWNERS, "team:customer-success"],
        kinds={keys.kind},
    )
    def export(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from dataclasses import asdict

        from pipelines.destinations.delivering import deliver_all, require_delivered
        from pipelines.destinations.listing import read_listing
        from pipelines.errors import NotDelivered

        as_of = day(context)
        receipts = deliver_all(config, as_of, lists, [name], say=context.log.info)
        told = {
            "receipts": dg.MetadataValue.json([asdict(each) for each in receipts]),
            "deliveries": table_md(
                ["list", "rows", "where", "status", "message"],
                [[each.list, each.rows, each.where, each.status, each.message] for each in receipts],
            ),
        }
        try:
            require_delivered(receipts)
        except NotDelivered as error:
            if any(each.temporary for each in receipts):
                raise SourceUnavailable(error.message, error.remedy) from error
            # what is wrong with the destination or its keys stays wrong
            raise dg.Failure(str(error), metadata=told, allow_retries=False) from error
        preview = [
            [each.list, row["rank"], row["account_id"], row["name"], row["owner"]]
            for each in receipts
            for row in read_listing(config, each.list, as_of).rows[:5]
        ]
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(each.rows for each in receipts),
                **told,
                "preview": table_md(["list", "rank", "account", "name", "owner"], preview),
            }
        )

    return export
