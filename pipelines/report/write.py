"""Making the report of a day and publishing it.

Belongs here: the order of things. Does not belong here: any of them.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from pipelines import tables
from pipelines.config import Config
from pipelines.day_folders import publish_day
from pipelines.exports import MANIFEST, Published
from pipelines.lists import AT_RISK
from pipelines.report import accounts, months, promises, stakes
from pipelines.report.facts import facts
from pipelines.report.page import Chapter, page
from pipelines.report.published import Listed, lists_of

REPORT = "report"
FILE = f"{REPORT}.html"


def write(config: Config, as_of: date) -> Published:
    """Make the page of a day from the lists that are published for it and from the lake, and switch readers over to it:
    ``<exports>/report/as_of=<day>/report.html`` with a manifest.

    It is made without a champion and without lists too, and says what is off. Raises ChurnError if the tables that
    nothing works without are not there for the day.
    """
    tables.required(config, as_of)
    lists = lists_of(config, as_of)
    listed = sorted({row["account_id"] for each in lists for row in each.rows})
    by_month = months.figures(config, as_of)
    chapters = _chapters(config, as_of, lists, by_month)
    about = accounts.histories(config, as_of, listed)
    plays = _plays(config, lists, about)
    content = page(
        facts(config, as_of, lists, by_month),
        config.currency,
        lists,
        plays,
        about,
        chapters,
        "outreach" in tables.present(config, as_of),
    )
    manifest = {
        "report": config.company,
        "as_of": str(as_of),
        "accounts": len(listed),
        "lists": {each.name: {"rows": len(each.rows), "version": each.manifest["version"]} for each in lists},
        "charts": sum(bool(figure.svg) for _, _, _, figures in chapters for figure in figures),
        "files": {FILE: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}},
    }
    home = config.path(config.exports) / REPORT
    told = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    publish_day(home, as_of, {FILE: content, MANIFEST: told})
    return Published(home / f"as_of={as_of}", manifest)


def _chapters(config: Config, as_of: date, lists: list[Listed], by_month: list[Any]) -> list[Chapter]:
    at_risk = next((each for each in lists if each.name == AT_RISK), None)
    stake = [stakes.distribution(config, as_of)]
    if at_risk:
        stake = [stakes.by_theme(at_risk, config.currency), *stakes.by_segment(config, as_of, at_risk), *stake]
    return [
        ("stakes", "At stake", "Recurring revenue of the accounts at risk, and the scores of all accounts that pay.",
         stake),
        ("record", "Promises kept", "What past lists promised, and what came of it once their time was over.",
         promises.figures(config, as_of)),
        ("months", "Month by month", "Rates of the company by calendar month, with 95 % intervals. A month with a star "
         "is not final: a departure may still turn out to be a short gap.", by_month),
    ]  # fmt: skip


def _plays(config: Config, lists: list[Listed], about: accounts.Histories) -> dict[str, dict[str, Any]]:
    """Of the plays on the lists what to do; the message to each account is added to what is told ``about`` it."""
    from pipelines.plays import by_name, message

    known = by_name(config)
    used = set()
    for each in lists:
        for row in each.rows:
            play = known.get(row.get("play") or "")
            if play:
                used.add(play.name)
                about.of[row["account_id"]].setdefault("messages", {})[each.name] = message(play, row, config)
    return {
        name: {"title": play.title, "who": play.who, "channel": play.channel, "steps": list(play.steps)}
        for name, play in sorted(known.items())
        if name in used
    }
