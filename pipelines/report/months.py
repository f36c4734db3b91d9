"""The company's rates month by month, with intervals.

Belongs here: which rates are shown, their intervals. Does not belong here: their formulas (``churn_features.rates``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from churn_features.money import major
from pipelines import rates
from pipelines.config import Config
from pipelines.report import charts
from pipelines.report.figures import DASH, Figure, between, money, share

MONTHS = 12

Z = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % on each side."""


def wilson(count: int, of: int) -> tuple[float, float]:
    """95 % interval of a share, such as 5 of 100: 2.2 to 11.2 % (Wilson 1927, J. Am. Stat. Assoc. 22)."""
    share, spread = count / of, Z * Z / of
    center = (share + spread / 2) / (1 + spread)
    reach = Z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, center - reach), min(1.0, center + reach)


@dataclass(frozen=True)
class _Rate:
    """A rate by its name in ``churn_features.rates``; ``counts`` are the names whose first is counted among the sum of
    the others, if it is a share of customers; else ``error`` is the name of its standard error."""

    name: str
    title: str
    formula: str
    counts: tuple[str, ...] = ()
    error: str = ""
    bounds: tuple[float, float] = (-math.inf, math.inf)

    def interval(self, figures: Mapping[str, Any]) -> tuple[float, float] | None:
        """95 % interval; None where the rate is missing, or nothing tells how well it is known."""
        value = figures[self.name]
        if value is None:
            return None
        if self.counts:
            counted, *among = (figures[name] for name in self.counts)
            return wilson(counted, sum(among))
        error = figures[self.error]
        if error is None:
            return None
        low, high = self.bounds
        return max(low, value - Z * error), min(high, value + Z * error)


_RATES = (
    _Rate("logo_churn_rate", "Logo churn", "customers at the start of the month that left in it ÷ customers at its "
          "start", ("churned_of_start", "active_at_start")),
    _Rate("stripe_churn_rate", "Churn as Stripe counts it", "all that left in the month ÷ (customers at its start + "
          "those that came in it)", ("churned", "active_at_start", "new", "returned")),
    _Rate("gross_mrr_churn_rate", "Gross MRR churn", "(MRR of those who left + by how much less the others pay) ÷ MRR "
          "at the start", error="gross_mrr_churn_rate_error", bounds=(0.0, 1.0)),
    _Rate("net_mrr_churn_rate", "Net MRR churn", "gross MRR churn less by how much more the others pay; negative if "
          "they grew", error="net_mrr_churn_rate_error"),
    _Rate("gross_revenue_retention", "GRR", "gross revenue retention: 1 less gross MRR churn",
          error="gross_mrr_churn_rate_error", bounds=(0.0, 1.0)),
    _Rate("net_revenue_retention", "NRR", "net revenue retention: 1 less net MRR churn",
          error="net_mrr_churn_rate_error"),
    _Rate("arpu", "ARPU", "MRR at the end of the month ÷ customers then", error="arpu_error"),
    _Rate("payment_success_rate", "Payment success", "attempts that succeeded ÷ all attempts in the month",
          error="payment_success_rate_error", bounds=(0.0, 1.0)),
)  # fmt: skip


def figures(config: Config, as_of: date) -> list[Figure]:
    """A figure for each rate over the latest months that are over, without those before there was any customer."""
    months = rates.monthly(config, as_of, MONTHS)
    while months and not months[0].figures["active_at_start"]:
        months = months[1:]
    return [_figure(config, rate, months) for rate in _RATES]


def _figure(config: Config, rate: _Rate, months: Sequence[rates.Month]) -> Figure:
    of_money = rate.name == "arpu"
    said: Callable[[float | None], str] = (
        (lambda value: money(value, config.currency, exact=True)) if of_money else share
    )

    def unit(value: float) -> float:
        return major(value, config.currency) if of_money else value

    labels = [f"{month.first:%Y-%m}{'' if month.final else '*'}" for month in months]
    values = [None if (value := month.figures[rate.name]) is None else unit(value) for month in months]
    found = [rate.interval(month.figures) for month in months]
    intervals = [None if each is None else (unit(each[0]), unit(each[1])) for each in found]
    told = [DASH if each is None else between(said(each[0]), said(each[1])) for each in intervals]
    if not any(value is not None for value in values):
        why = "there is no table of payments" if rate.name == "payment_success_rate" else "no month is over yet"
        return Figure(rate.name, rate.title, note=f"Not known: {why}.")
    latest = max(at for at, value in enumerate(values) if value is not None)
    note = f"{rate.formula[0].upper()}{rate.formula[1:]}."
    return Figure(
        rate.name,
        rate.title,
        f"{said(values[latest])} in {labels[latest]}" + (f" (95 %: {told[latest]})" if intervals[latest] else ""),
        note,
        charts.course(rate.name, labels, values, intervals, percent=not of_money),
        ("month", rate.title, "95 % interval"),
        [(label, said(value), text) for label, value, text in zip(labels, values, told, strict=True)],
    )
