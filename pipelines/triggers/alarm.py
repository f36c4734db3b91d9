"""The alarm of the company as a whole: did more customers leave in the last month than the months before let expect?

Belongs here: which months and which parts are compared. Does not belong here: the test (``models.rate_change``), who is
a customer when (``churn_features.rates``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from churn_features.clock import period
from pipelines import engine, tables
from pipelines.config import Config
from pipelines.history import true_on
from pipelines.rates import customers, months_before

MONTHS_BEFORE = 6
"""So many final months are what the last one is compared with."""

LEAST_MONTHS = 2
"""With fewer months of customers before the last one nothing can be said."""

LEVEL = 0.01
"""Chance of a false alarm: once in eight years of monthly tests."""


@dataclass(frozen=True)
class Compared:
    """A part of the company: ``by`` (company, plan or billing_interval) and ``value``. Of the ``active`` customers at
    the start of the last month so many ``left`` in it; of those at the start of the months before, month by month,
    ``left_before`` of ``active_before``. ``chance``: of so many or more if nothing had changed, raised for the number
    of parts that are tested together."""

    by: str
    value: str
    active: int
    left: int
    active_before: int
    left_before: int
    chance: float

    @property
    def raised(self) -> bool:
        return self.chance < LEVEL

    @property
    def expected(self) -> float:
        """Departures of the last month at the rate of the months before."""
        return self.active * self.left_before / self.active_before if self.active_before else 0.0

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {**vars(self), "expected": self.expected, "raised": self.raised}


@dataclass(frozen=True)
class Alarm:
    """The last final month against those before it: the company first, then its plans and billing intervals, each in
    order of name. ``month`` is None and ``parts`` empty where history is too short."""

    month: date | None
    before: tuple[date, ...]
    parts: tuple[Compared, ...]

    @property
    def raised(self) -> tuple[Compared, ...]:
        return tuple(part for part in self.parts if part.raised)

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {
            "month": self.month and f"{self.month:%Y-%m}",
            "before": [f"{month:%Y-%m}" for month in self.before],
            "parts": [part.as_dict() for part in self.parts],
        }


def alarm(config: Config, as_of: date) -> Alarm:
    """Compare the last month whose departures are final on ``as_of`` with the six before it, or as many as there are.

    Customers and departures are those of the logo churn rate (``churn_features.rates``). Plan and billing interval are
    those with which the account's latest subscription before the month began.
    """
    grace = timedelta(days=config.outcome.grace_days)
    # a final month lies at most as many months back as the grace is long
    reach = MONTHS_BEFORE + 2 + config.outcome.grace_days // 28
    final = [(first, last) for first, last in months_before(as_of, reach) if last + grace <= as_of]
    counts = _counts(config, as_of, final[-MONTHS_BEFORE - 1 :])
    months = sorted({month for month, by, _, active, _ in counts if by == "company" and active})
    if len(months) <= LEAST_MONTHS or months[-1] != final[-1][0]:
        return Alarm(None, (), ())
    parts = _compared([row for row in counts if row[0] in months], months[-1])
    return Alarm(months[-1], tuple(months[:-1]), parts)


def _compared(counts: list[tuple[date, str, str, int, int]], last: date) -> tuple[Compared, ...]:
    from models.rate_change import chance_of_more, holm

    sums: dict[tuple[str, str], list[int]] = {}
    for month, by, value, active, left in counts:
        held = sums.setdefault((by, value), [0, 0, 0, 0])
        at = 0 if month == last else 2
        held[at] += active
        held[at + 1] += left
    found = {part: chance_of_more(left, now, before, then) for part, (now, left, then, before) in sums.items()}
    parts = sorted(part for part in found if part[0] != "company")
    chances = dict(zip(parts, holm([found[part] for part in parts]), strict=True)) | {
        part: chance for part, chance in found.items() if part[0] == "company"
    }
    return tuple(
        Compared(*part, active=now, left=left, active_before=then, left_before=before, chance=chances[part])
        for part in [("company", ""), *parts]
        for now, left, then, before in [sums[part]]
    )


def _counts(config: Config, as_of: date, months: list[tuple[date, date]]) -> list[tuple[date, str, str, int, int]]:
    """First day of a month, by what, its value, customers at the month's start and how many of them left in it."""
    if not months:
        return []
    subscriptions = true_on(tables.required(config, as_of)["subscriptions"], as_of)
    listed = ", ".join(
        f"(DATE '{first}', TIMESTAMP '{start}', TIMESTAMP '{end}')"
        for first, last in months
        for start, end in [period(first, last, config.time_zone)]
    )
    with engine.connection(config) as con:
        spells, bound = customers(con, config, as_of)
        rows = con.execute(
            f"WITH spells AS ({spells}), "
            f"months(first, begins, ends) AS (VALUES {listed}), "
            "held AS (SELECT months.*, spells.account_id, spells.to_at < ends AS gone FROM months JOIN spells "
            "ON spells.from_at < begins AND spells.to_at >= begins), "
            f"latest AS (SELECT held.*, s.plan, s.billing_interval FROM held LEFT JOIN "
            f"({subscriptions}) s ON s.account_id = held.account_id "
            "AND s.started_at < held.begins QUALIFY row_number() OVER (PARTITION BY held.first, held.account_id "
            "ORDER BY s.started_at DESC, s.subscription_id) = 1), "
            "parts AS (SELECT first, 'company' AS part, '' AS value, gone FROM latest "
            "UNION ALL SELECT first, 'plan', plan, gone FROM latest "
            "UNION ALL SELECT first, 'billing_interval', billing_interval, gone FROM latest) "
            "SELECT first, part, value, count(*), count(*) FILTER (gone) FROM parts WHERE value IS NOT NULL "
            "GROUP BY ALL ORDER BY ALL",
            bound,
        ).fetchall()
    return [(first, by, value, int(active), int(left)) for first, by, value, active, left in rows]
