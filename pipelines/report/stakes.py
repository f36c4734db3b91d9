"""What is at stake: recurring revenue at risk by theme and by segment, and how the scores are spread.

Belongs here: sums over accounts of one day. Does not belong here: single accounts (``accounts``), the past (``months``,
``promises``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from churn_features.money import major
from pipelines import engine
from pipelines.config import Config
from pipelines.lake import Lake
from pipelines.report import charts
from pipelines.report.figures import DASH, Figure, money, share
from pipelines.report.published import Listed

SEGMENTS = {"plan": "plan", "billing_interval": "billing interval", "size": "size"}

_MOST = 8
_EDGES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


def by_theme(listed: Listed, currency: str) -> Figure:
    """Revenue at risk by the theme of the first reason, as the manifest has it."""
    rows = [
        (each["theme"].replace("_", " ") if each["theme"] else "no reason", each["accounts"], each["mrr"],
         each["expected_loss"])
        for each in listed.manifest.get("by_theme", [])
        if each["accounts"]
    ]  # fmt: skip
    return _stakes("by-theme", "by theme of the first reason", "theme", rows, currency, listed.title)


def by_segment(config: Config, as_of: date, listed: Listed) -> list[Figure]:
    """Revenue at risk by each of ``SEGMENTS``."""
    known = _segments(config, as_of, [row["account_id"] for row in listed.rows])
    found = []
    for name, title in SEGMENTS.items():
        sums: dict[str, list[Mapping[str, Any]]] = {}
        for row in listed.rows:
            segment = known.get(row["account_id"], {}).get(name) or (row.get("plan") if name == "plan" else None)
            sums.setdefault(segment or "unknown", []).append(row)
        rows = [
            (segment, len(own), _sum(own, "mrr"), _sum(own, "expected_loss")) for segment, own in sorted(sums.items())
        ]
        rows = sorted(rows, key=lambda row: -row[3])
        if len(rows) > _MOST:
            rest = list(zip(*rows[_MOST - 1 :], strict=True))[1:]
            rows = [*rows[: _MOST - 1], ("all others", sum(rest[0]), math.fsum(rest[1]), math.fsum(rest[2]))]
        if set(sums) == {"unknown"}:
            note = f"The {title} of these accounts is not known."
            found.append(Figure(f"by-{name}", f"MRR at risk by {title}", note=note))
        else:
            found.append(_stakes(f"by-{name}", f"by {title}", title, rows, config.currency, listed.title))
    return found


def _sum(rows: Sequence[Mapping[str, Any]], key: str) -> float:
    return math.fsum(row.get(key) or 0.0 for row in rows)


def _stakes(
    name: str, by: str, what: str, rows: Sequence[tuple[str, int, float, float]], currency: str, title: str
) -> Figure:
    if not rows:
        return Figure(name, f"MRR at risk {by}", note=f"The list “{title}” is empty.")
    loss = money(math.fsum(row[3] for row in rows), currency)
    return Figure(
        name,
        f"MRR at risk {by}",
        f"{loss} expected loss a month",
        f"Of the accounts on the list “{title}”. Strong: expected loss, probability times MRR; faint: all their MRR.",
        charts.bars(
            name, [row[0] for row in rows], [row[2] for row in rows], [row[3] for row in rows],
            [f"{row[3]:,.0f} of {row[2]:,.0f}" for row in rows],
        ),
        (what, "accounts", "expected loss a month", "MRR"),
        [(row[0], f"{row[1]:,}", money(row[3], currency), money(row[2], currency)) for row in rows],
    )  # fmt: skip


def _segments(config: Config, as_of: date, accounts: Sequence[str]) -> dict[str, dict[str, str]]:
    """Of each account its segments as far as they are known."""
    file = Lake(config.path(config.lake)).features(as_of)
    if not file.exists():
        return {}
    with engine.connection(config) as con:
        there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {engine.scan([file])}").fetchall()}
        names = [name for name in SEGMENTS if name in there]
        shown = ", ".join(map(engine.identifier, ("account_id", *names)))
        rows = con.execute(
            f"SELECT {shown} FROM {engine.scan([file])} WHERE account_id IN (SELECT unnest($accounts))",
            {"accounts": list(accounts)},
        ).fetchall()
    return {account: dict(zip(names, values, strict=True)) for account, *values in rows}


def distribution(config: Config, as_of: date) -> Figure:
    """How many of all paying accounts have which probability."""
    name, title = "scores", "Scores of all paying accounts"
    file = Lake(config.path(config.lake)).scores(as_of)
    if not file.exists():
        return Figure(name, title, note="No account was scored on this day.")
    edges = " ".join(f"WHEN probability < {edge} THEN {place}" for place, edge in enumerate(_EDGES[1:-1]))
    with engine.connection(config) as con:
        sums = con.execute(
            f"SELECT CASE {edges} ELSE {len(_EDGES) - 2} END AS bin, count(*), sum(probability), "
            f"sum(CAST(mrr_now AS BIGINT)) FROM {engine.scan([file])} GROUP BY bin"
        ).fetchall()
    found = {place: rest for place, *rest in sums}
    rows = [found.get(place, (0, 0.0, 0)) for place in range(len(_EDGES) - 1)]
    labels = [f"{100 * low:g}{DASH}{100 * high:g}" for low, high in pairwise(_EDGES)]
    accounts, leavers = sum(row[0] for row in rows), math.fsum(row[1] for row in rows)
    return Figure(
        name,
        title,
        f"{accounts:,} accounts, {leavers:,.1f} expected to leave ({share(leavers / accounts if accounts else None)})",
        "Accounts by their probability of leaving.",
        charts.columns(name, labels, [row[0] for row in rows], [f"{row[0]:,}" for row in rows], "probability, %"),
        ("probability, %", "accounts", "expected leavers", "MRR"),
        [
            (label, f"{count:,}", f"{expected:,.1f}", money(major(mrr, config.currency), config.currency))
            for label, (count, expected, mrr) in zip(labels, rows, strict=True)
        ],
    )
