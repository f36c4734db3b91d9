"""Stage ``tables``: accepted tables. A table is there for a day only if its contract passed on what was landed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from churn_features.tables import TABLES
from pipelines.assets import OWNERS, day, partitions, table_md
from pipelines.config import Config

if TYPE_CHECKING:
    from pipelines.contracts.record import Checked


def assets(config: Config) -> list[dg.AssetsDefinition]:
    """One asset per configured table, with its contract as checks."""
    from pipelines.sources import source_of

    names = list(source_of(config))
    return [_table(config, name, [above for above in names if above in _ABOVE[name]]) for name in names]


_ABOVE = {
    name: {"accounts": (), "subscriptions": ("accounts",), "payments": ("accounts", "invoices")}.get(
        name, ("accounts", "subscriptions")
    )
    for name in TABLES
}
"""Tables whose accepted copy a contract looks things up in."""


def _table(config: Config, table: str, above: list[str]) -> dg.AssetsDefinition:
    contract = TABLES[table]

    @dg.asset(
        name=table,
        group_name="tables",
        description=f"{contract.meaning[0].upper()}{contract.meaning[1:]}: rows that passed the contract.",
        deps=[f"raw_{table}", *above],
        partitions_def=partitions(config),
        check_specs=[
            dg.AssetCheckSpec(
                "contract", asset=table, description="Errors: bad rows are set aside; too many withhold the table."
            ),
            dg.AssetCheckSpec("warnings", asset=table, description="Doubtful rows that are published all the same."),
        ],
        owners=OWNERS,
        kinds={"greatexpectations", "duckdb"},
    )
    def check_table(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        from pipelines.tables import check

        checked = check(config, day(context), table)
        yield from _check_results(checked)
        yield dg.MaterializeResult(
            metadata={
                "dagster/row_count": checked.accepted if checked.passed else 0,
                "published": checked.passed,
                "withheld because": checked.withheld_because or "",
            }
        )
        if not checked.passed and contract.required:
            raise dg.Failure(
                f"table {table} is withheld for {checked.as_of}: {checked.withheld_because}. Remedy: repair the source "
                f"(the quarantine holds the bad rows) and launch the day again",
                allow_retries=False,
            )

    return check_table


def _check_results(checked: "Checked") -> Iterator[dg.AssetCheckResult]:
    counts = {"landed": checked.landed, "accepted": checked.accepted, "quarantined": checked.quarantined}
    for name, level in (("contract", "error"), ("warnings", "warning")):
        rules = [rule for rule in checked.rules if rule.level == level]
        bad = [rule for rule in rules if rule.status == "failed"]
        yield dg.AssetCheckResult(
            check_name=name,
            passed=checked.passed and not bad if level == "error" else not bad,
            severity=dg.AssetCheckSeverity.WARN
            if checked.passed or level == "warning"
            else dg.AssetCheckSeverity.ERROR,
            description=checked.withheld_because
            or (", ".join(f"{rule.rule}: {rule.bad_rows}" for rule in bad) if bad else "all rules hold"),
            metadata={
                **counts,
                "rules": table_md(
                    ["rule", "meaning", "result", "rows", "note"],
                    [[rule.rule, rule.meaning, rule.status, rule.bad_rows, rule.note] for rule in rules],
                ),
                "examples": table_md(
                    ["rule", "file", "row", "reason"],
                    [[rule.rule, e["file"], e["row"], e["reason"]] for rule in bad for e in rule.examples],
                ),
            },
        )
