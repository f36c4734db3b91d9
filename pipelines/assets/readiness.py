"""Stage ``readiness``: what the data of the day is worth, told before anything is trained on it."""

import dagster as dg

from pipelines.assets import OWNERS, day, partitions, table_md
from pipelines.config import Config


def assets(config: Config, tables: list[str]) -> list[dg.AssetsDefinition]:
    """The report that ``churn ready`` prints, as metadata."""

    @dg.asset(
        name="readiness",
        group_name="readiness",
        description="What is there, what is wrong with it, which features it switches on and which model it carries.",
        deps=tables,
        partitions_def=partitions(config),
        owners=OWNERS,
        kinds={"duckdb"},
    )
    def readiness(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from pipelines.readiness.findings import SEVERITIES
        from pipelines.readiness.report import report

        found = report(config, day(context))
        told = found.as_dict()
        switches = told["features"]["would_switch_on"]
        carried = found.ladder.ladder if found.ladder else None
        return dg.MaterializeResult(
            metadata={
                **{f"{severity}s": found.count(severity) for severity in SEVERITIES},
                "features on": told["features"]["on"],
                "model": f"{carried.why} {carried.ahead}" if carried else "none: a required table is not there",
                "findings": table_md(
                    ["severity", "code", "rows", "of", "what", "remedy"],
                    [[e.severity, e.code, e.count, e.of, e.message, e.remedy] for e in found.findings],
                ),
                "examples": table_md(
                    ["code", "table", "row", "column", "value"],
                    [[f.code, e.table, e.row, e.column, e.value] for f in found.findings for e in f.examples],
                ),
                "tables": table_md(
                    ["table", "state", "landed", "accepted", "set aside", "first day", "last day"],
                    [
                        [name, state.state, state.landed, state.accepted, state.quarantined,
                         *((state.profile.first_day, state.profile.last_day) if state.profile else ("", ""))]
                        for name, state in found.tables.items()
                    ],
                ),
                "would switch on features": table_md(
                    ["what lacks", "name", "features"],
                    [[kind, name, count] for kind, counts in switches.items() for name, count in counts.items()],
                ),
                "report": dg.MetadataValue.json(told),
            }
        )  # fmt: skip

    return [readiness]
