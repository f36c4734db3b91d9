"""What came of the stage ``lists``: whether promises were kept, and what outreach did."""

from collections.abc import Iterator, Sequence

import dagster as dg

from pipelines.assets import OWNERS, day, partitions, table_md
from pipelines.config import Config


def assets(config: Config, tables: Sequence[str]) -> list[dg.AssetsDefinition]:
    """The public record, which every night goes on with, and the effect by list and play."""
    return [_list_record(config, tables), _outreach_effect(config, tables)]


def _list_record(config: Config, tables: Sequence[str]) -> dg.AssetsDefinition:
    @dg.asset(
        group_name="lists",
        description="What past lists promised and what came of it, a line per list and day, never written again.",
        # of earlier lists: those of the day wait for nothing, and nothing waits for them
        deps=[*tables],
        partitions_def=partitions(config),
        owners=OWNERS,
        kinds={"duckdb"},
    )
    def list_record(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from pipelines.effects import promise
        from pipelines.lists import NAMES

        added = promise.record(config, day(context))
        lines = {name: promise.read(config, name) for name in NAMES}
        held = {name: promise.kept(there) for name, there in lines.items() if there}
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(map(len, lines.values())),
                "promises held": table_md(
                    ["list", "days", "promises", "held"],
                    [[name, len(lines[name]), of, kept] for name, (kept, of) in held.items()],
                ),
                "new": table_md(
                    ["list", "as of", "rows", "expected", "left", "within"],
                    [[line["list"], line["as_of"], line["rows"], (line["expected"] or {}).get("value"), line["actual"],
                      line["within"]] for there in added.values() for line in there],
                ),
            }
        )  # fmt: skip

    return list_record


def _outreach_effect(config: Config, tables: Sequence[str]) -> dg.AssetsDefinition:
    @dg.asset(
        group_name="lists",
        description="Churn and MRR of those who were listed against those held out at random, by list and play.",
        deps=[*tables],
        partitions_def=partitions(config),
        check_specs=[
            dg.AssetCheckSpec(
                "outreach_harms", asset="outreach_effect", description="No play of a list raises churn beyond chance."
            )
        ],
        owners=[*OWNERS, "team:customer-success"],
        kinds={"duckdb"},
    )
    def outreach_effect(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        from pipelines.effects import report
        from pipelines.effects.arms import lists_on_record

        if not lists_on_record(config, day(context)):
            context.log.warning("no list is on record yet: nothing can be compared")
            yield dg.AssetCheckResult(
                check_name="outreach_harms", passed=True, severity=dg.AssetCheckSeverity.WARN,
                description="no list is on record yet",
            )  # fmt: skip
            yield dg.MaterializeResult(metadata={"dagster/row_count": 0})
            return
        found, rested_on = report.write(config, day(context))
        harmful = [f"{each.list or 'all lists'}, {each.play or 'all plays'}" for each in found if each.warning]
        yield dg.AssetCheckResult(
            check_name="outreach_harms",
            passed=not harmful,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"outreach raises churn: {'; '.join(harmful)}" if harmful else "no play raises churn",
            metadata={"worse, perhaps by chance": sum(each.worse and not each.warning for each in found)},
        )
        yield dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(rested_on.rows),
                "too young to tell": rested_on.immature,
                "could not leave": rested_on.without_outcome,
                "drawn anew": "; ".join(report.drawn_anew(rested_on)) or "no holdout",
                "effect": table_md(list(report.HEAD), [list(row) for row in report.table(found, config.currency)]),
            }
        )

    return outreach_effect
