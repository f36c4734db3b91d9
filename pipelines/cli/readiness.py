"""``churn ready``: what the data is worth before any training.

Belongs here: what is printed, the exit code. Does not belong here: any question to the data (``pipelines.readiness``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from pipelines.cli.terminal import AsOf, config_of_choice, day_of_choice, out, show, working

if TYPE_CHECKING:
    from pipelines.readiness.findings import Finding
    from pipelines.readiness.ladder import Readiness
    from pipelines.readiness.report import Report

_COLORS = {"error": "red", "warning": "yellow", "note": "cyan"}


def ready(
    as_of: AsOf = None,
    json: Annotated[Path | None, typer.Option(help="Also write everything to this file.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also show notes, every column, all departures.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 for warnings too.")] = False,
) -> None:
    """What the data is worth before any training: what is wrong with it, what it switches on, which model it carries.
    Exit code 1 if something is an error."""
    from pipelines.lake import write_json
    from pipelines.readiness.report import report

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    with working("reading tables, counting outcomes"):
        found = report(config, day)
    _say(f"{found.company}, as known on {day}: {_counted(found)}")
    for each in found.findings:
        if everything or each.severity != "note":
            _show(each, everything)
    if not everything and found.count("note"):
        _say("Notes, columns and departures: churn ready --all")
    _tables(found)
    if everything:
        _columns(found)
    _carried(found, everything)
    if found.ladder:
        _ladder(found.ladder)
    if json:
        write_json(json, found.as_dict())
    if found.count("error") or (strict and found.count("warning")):
        raise typer.Exit(1)


def _say(line: str | Text, indent: int = 0) -> None:
    """Print a line, broken between words where the terminal ends, its later lines below the first."""
    out.print(Padding(line if isinstance(line, Text) else Text(line), (0, 0, 0, indent), expand=False))


def _counted(found: Report) -> str:
    counts = (("error", found.count("error")), ("warning", found.count("warning")), ("note", found.count("note")))
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts)


def _show(each: Finding, everything: bool) -> None:
    _say(Text.assemble((each.severity, _COLORS[each.severity]), " ", (each.code, "bold"), f" {each.message}"))
    for example in each.examples[: None if everything else 1]:
        # in which column it is, the message has said
        said = f"for example {example.row}" if example.row else example.table
        _say(f"{said}: {example.value}", 4)
    _say(f"remedy: {each.remedy}", 4)


def _tables(found: Report) -> None:
    rows = []
    for name, state in found.tables.items():
        if state.state == "absent":
            rows.append((name, "no source gives it", *[""] * 6))
            continue
        aside = f"{state.quarantined:,}" if state.quarantined else ""
        if state.reasons:
            aside += f", {state.reasons[0][0].partition('.')[2]}"
        told = state.profile
        if told is None:
            rows.append((name, state.state, f"{state.landed:,} landed", aside, *[""] * 4))
            continue
        empty = [column for column, each in told.columns.items() if not each.filled]
        gap = "" if told.longest_gap_days is None else f"{told.longest_gap_days:,}"
        days = [str(day or "") for day in (told.first_day, told.last_day)]
        rows.append((name, state.state, f"{told.rows:,}", aside, *days, gap, ", ".join(empty)))
    empty_ones = "columns without a value"
    head = ("table", "state", "rows", "set aside, most by", "first", "last", "longest gap, days", empty_ones)
    show(head, rows, {"state", empty_ones})


def _columns(found: Report) -> None:
    rows = []
    for name, state in found.tables.items():
        for column, each in (state.profile.columns if state.profile else {}).items():
            share = f"{each.coverage:.1%}" if each.given else "not given"
            values = ", ".join(f"{value} ({count:,})" for value, count in (each.values or {}).items())
            rows.append((f"{name}.{column}", each.type, share, each.low or "", each.high or "", values))
    show(("column", "type", "has a value", "from", "to", "values"), rows, {"values"})


def _carried(found: Report, everything: bool) -> None:
    switched = found.switches
    _say(f"Features: {switched.features - len(switched.off)} of {switched.features} are on.")
    on = switched.as_dict()["would_switch_on"]
    for name, counts in on.items():
        if counts:
            most = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
            told = ", ".join(f"{each} ({count})" for each, count in (most if everything else most[:8]))
            _say(f"off for want of {name}: {told}{'' if everything or len(most) <= 8 else ', …'}", 4)
    if found.use and found.use.running:
        use = found.use
        _say(
            f"Usage: {use.ever:,} of {use.running:,} accounts with a running subscription have any "
            f"({use.ever / use.running:.0%}), {use.lately:,} in the last 28 days; {use.events:,} events."
        )
    if found.departures:
        gone = found.departures
        kinds: dict[str, int] = {}
        for (_, kind), count in gone.by_month.items():
            kinds[kind] = kinds.get(kind, 0) + count
        told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items())) or "none"
        _say(f"Departures so far: {told}; {gone.customers:,} customers at the end of the day.")
        if everything:
            show(("month", "kind", "departures"), [(*each, f"{count:,}") for each, count in gone.by_month.items()])


def _ladder(found: Readiness) -> None:
    lines = [f"Model: records begin on {found.records_begin}", found.ladder.why, found.ladder.ahead]
    if found.enough_dates_on:
        lines.append(f"There are enough dates for it on {found.enough_dates_on}.")
    if not found.ladder.carried:
        lines.append("Until then churn run lands and checks what there is, which is kept, and publishes no list.")
    for line in lines:
        _say(line)
    if not found.parts:
        return
    rows = []
    for part in found.parts:
        counts = (part.dates, part.rows, part.leavers, part.leaving_accounts, part.announced, part.contacted)
        rows.append((part.name, f"{part.first} to {part.last}", *(f"{count:,}" for count in counts)))
    head = ("part", "as-of dates", "dates", "rows", "leavers", "accounts that leave", "announced", "contacted")
    show(head, rows, {"as-of dates"})
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.kinds.items()) or "none"
    sample = f"Counted on {found.share_of_accounts:.2%} of the accounts, the sample that a training would take."
    for line in (
        found.note,
        f"Accounts that left, by kind of departure: {kinds}.",
        "" if found.outreach else "There is no table of outreach: no row can be marked as contacted.",
        "" if found.share_of_accounts == 1 else sample,
    ):
        if line:
            _say(line)
