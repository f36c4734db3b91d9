"""``churn triggers`` and ``churn plays``: the catalogues, and what the triggers were worth.

Belongs here: how they are shown on a terminal. Does not belong here: figures (``pipelines.triggers``), what is written
to customers (``pipelines.plays``).
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli.terminal import AsOf, config_of_choice, day_of_choice, out, show, working
from pipelines.config import Config

Json = Annotated[Path | None, typer.Option("--json", help="Also write everything to this file.")]


def triggers(as_of: AsOf = None, json: Json = None) -> None:
    """The triggers: when they fire, for how many accounts, and what each was worth on the company's own history."""
    from pipelines.lake import write_json
    from pipelines.triggers import firing, told
    from pipelines.triggers import triggers as known
    from pipelines.triggers.quality import measured

    config = config_of_choice()
    day, listed = day_of_choice(config, as_of), known(config)
    with working("looking for whom triggers fire, and for whom they did"):
        today = _firing(config, day, firing)
        found, rates = measured(config, day), _alarm(config, day)
    figures = found.of if found else {}
    rows = []
    for trigger in listed:
        *numbers, few = told.cells(figures.get(trigger.name))
        rows.append([
            trigger.name, ", ".join(map(str, trigger.when)), *numbers,
            "" if today is None else str(today[trigger.name]),
            ", ".join(filter(None, (told.kind(trigger), few))),
        ])  # fmt: skip
    show(("trigger", "fires when", *told.HEADER[:-1], "today", "note"), rows, wraps=("fires when", "note"))
    for line in (_measured_on(found), *(told.alarm_lines(rates) if rates else [])):
        out.print(line, highlight=False, markup=False, soft_wrap=True)
    if json:
        write_json(json, _as_dict(config, day, today, found, rates))


def _firing(config: Config, day: date, firing: Any) -> Counter[str] | None:
    from pipelines.lake import Lake

    if not Lake(config.path(config.lake)).features(day).exists():
        return None
    return Counter(firing(config, day)["trigger"])


def _alarm(config: Config, day: date) -> Any:
    from pipelines.tables import present
    from pipelines.triggers.alarm import alarm

    return alarm(config, day) if {"accounts", "subscriptions"} <= set(present(config, day)) else None


def _measured_on(found: Any) -> str:
    from pipelines.triggers.told import WHAT

    if found is None:
        return "They were not measured: there is no training panel on file. Run churn train."
    return (
        f"Measured on {found.rows:,} rows of {len(found.dates)} dates, {found.dates[0]} to {found.dates[-1]}, of which "
        f"{found.leavers:,} left; without accounts that had announced to leave. {WHAT}"
    )


def _as_dict(config: Config, day: date, today: Counter[str] | None, found: Any, rates: Any) -> dict[str, Any]:
    from pipelines.triggers import triggers as known

    return {
        "as_of": str(day),
        "triggers": [
            {**vars(trigger), "when": [str(condition) for condition in trigger.when],
             "accounts_today": None if today is None else today[trigger.name]}
            for trigger in known(config)
        ],
        "measured": found and found.as_dict(),
        "alarm": rates and rates.as_dict(),
    }  # fmt: skip


def plays(json: Json = None) -> None:
    """The plays: who does what by which means, for which lists and reasons, what it is assumed to cost and bring."""
    from pipelines.lake import write_json
    from pipelines.plays import plays as known

    config = config_of_choice()
    head = ("play", "what", "who", "by", "attention", "lists", "answers", "cost", "gives away", "keeps", "days")
    rows = []
    for play in known(config):
        answers = [*play.triggers, *play.features, *play.themes]
        rows.append([
            play.name, play.title, play.who, play.channel, play.attention, ", ".join(play.lists),
            ", ".join(answers) or "anything", f"{play.contact_cost:g} {config.currency}",
            f"{play.incentive_share:.0%}" if play.incentive_share else "", f"{play.chance_to_save:.0%}",
            str(play.lead_days),
        ])  # fmt: skip
    show(head, rows, wraps=("what", "lists", "answers"))
    out.print(
        "cost: of one contact; gives away: of the account's value; keeps: of those who would leave, assumed until the "
        "effect of outreach is measured; days: it takes so long before a renewal",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip
    if json:
        write_json(
            json, [{**vars(play), "when": [str(condition) for condition in play.when]} for play in known(config)]
        )
