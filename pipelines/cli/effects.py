"""``churn effect`` and ``churn record``: what outreach did, and whether lists kept their promises.

Belongs here: how it is shown on a terminal. Does not belong here: figures (``pipelines.effects``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli.terminal import AsOf, config_of_choice, day_of_choice, err, out, show, working

_RATES, _CHANGES = (0.05, 0.1, 0.2, 0.3), (0.02, 0.05, 0.1)


def effect(
    as_of: AsOf = None,
    name: Annotated[str | None, typer.Option("--list", help="Only this list.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Only entries from this day on.")] = None,
    smallest: Annotated[
        float, typer.Option(min=0.001, max=0.9, help="Change of the churn rate that should not be missed.")
    ] = 0.05,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print instead how many entries a holdout needs; reads no data.")
    ] = False,
    json: Annotated[Path | None, typer.Option("--json", help="Also write everything to this file.")] = None,
) -> None:
    """What outreach did: churn and MRR of those listed against those held out at random, by list and play."""
    if plan:
        _print_plan()
        return
    from pipelines.effects import report
    from pipelines.lake import write_json

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    first = day_of_choice(config, since) if since else None
    with working("comparing the listed with those held out"):
        found, rested_on = report.measure(config, day, name, first, smallest)
    show(report.HEAD, report.table(found, config.currency), wraps=("verdict",))
    window = config.outcome.lead_days + config.outcome.window_days
    _line(
        f"Churn within {window} days of an account's entry to a list, as known on {day}; differences in percentage "
        f"points, MRR in {config.currency} a month, 95 % intervals that hold for all plays of a list at once."
    )
    _line(
        f"{rested_on.immature:,} entries are too young to tell"
        + f", {rested_on.without_outcome:,} are of accounts that could not leave" * bool(rested_on.without_outcome)
        + "."
    )
    for line in report.drawn_anew(rested_on):
        _line(f"{line}.")
    for each in found:
        if each.warning:
            err.print(
                f"[red]Warning:[/] {each.list or 'all lists'}, {each.play or 'all plays'}: {report.verdict(each)}"
            )
    if json:
        write_json(json, report.as_dict(config, day, found, rested_on))


def record(as_of: AsOf = None) -> None:
    """Add what came of lists whose time is over to their public records, and show them."""
    from pipelines.effects import promise
    from pipelines.lists import NAMES

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    with working("looking what came of the lists"):
        added = promise.record(config, day)
    lines = [line for name in NAMES for line in promise.read(config, name)]
    show(
        ("list", "as of", "rows", "expected to leave", "left", "held", "MRR expected to go", "MRR gone", "recorded on"),
        [_cells(line) for line in lines],
    )
    held, judged = promise.kept(lines)
    _line(f"{sum(map(len, added.values()))} added on {day}; {held} of {judged} promises held.")
    if any(line["hindsight"] for line in lines):
        _line("* made by a model that knew what came: it proves nothing and is not counted.")


def _cells(line: dict[str, Any]) -> list[str]:
    promise = line["expected"]
    held = "" if line["within"] is None else "yes" if line["within"] else "no"
    return [
        line["list"],
        line["as_of"] + "*" * line["hindsight"],
        f"{line['rows']:,}",
        f"{promise['value']:.1f} ({promise['low']:.0f} to {promise['high']:.0f})" if promise else "",
        "" if line["actual"] is None else f"{line['actual']:,}",
        held,
        "" if line["expected_monthly_loss"] is None else f"{line['expected_monthly_loss']:,.2f}",
        "" if line["monthly_loss"] is None else f"{line['monthly_loss']:,.2f}",
        line["recorded_on"],
    ]


def _print_plan() -> None:
    from models.effect import entries_needed

    shares = (0.1, 0.2, 0.5)
    rows = []
    for rate in _RATES:
        for change in _CHANGES:
            if change < rate:
                needed = [entries_needed(rate, change, (1 - share) / share) for share in shares]
                rows.append([f"{rate:.0%}", f"{change * 100:.0f} points", *(f"{each:,}" for each in needed)])
    show(("churn of the holdout", "change to show", *(f"held out {share:.0%}" for share in shares)), rows)
    _line("Entries that the holdout of a list or play needs until a fall of churn by so much shows four times in five.")


def _line(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)
