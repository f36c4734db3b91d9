"""The report page, which ends the stage ``lists``: it tells of all of them."""

from collections.abc import Sequence

import dagster as dg

from pipelines.assets import OWNERS, day, partitions
from pipelines.config import Config


def assets(config: Config, after: Sequence[str]) -> list[dg.AssetsDefinition]:
    """The page of a day, made ``after`` these assets."""

    @dg.asset(
        group_name="lists",
        description="The page of the day for people: the lists, each account on them, what is at stake, promises kept, "
        "and the company's rates. One HTML file that needs no network.",
        deps=list(after),
        partitions_def=partitions(config),
        owners=[*OWNERS, "team:customer-success"],
        kinds={"html"},
    )
    def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from pipelines.report.write import FILE, write

        written = write(config, day(context))
        manifest = written.manifest
        return dg.MaterializeResult(
            metadata={
                "page": dg.MetadataValue.path(str(written.folder / FILE)),
                "bytes": manifest["files"][FILE]["bytes"],
                "accounts": manifest["accounts"],
                "lists": ", ".join(f"{name} {each['rows']}" for name, each in manifest["lists"].items()) or "none",
                "charts": manifest["charts"],
            }
        )

    return [report]
