"""What a rule was worth on rows whose outcome is known: how much likelier departures are where it holds, how many of
them it finds, how long before.

Belongs here: arithmetic on arrays. Does not belong here: rules and the rows on which they hold (``pipelines``), how a
score ranks (``quality``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest, t

from models.inputs import ModelError, require
from models.metrics import UNKNOWN, Interval

LEAST = 10
"""Leaving accounts, or departures, below which a figure says nothing."""

LOOK_BACK_DAYS = 91
"""Days before a departure in which a rule is looked for."""


@dataclass(frozen=True)
class TriggerQuality:
    """A rule on some rows; a row is an account on an as-of date, ``leavers`` are rows whose account then left.

    ``rate`` is the share of leavers where the rule held and ``base_rate`` what it would be if accounts where it held
    left as often as all do on the same dates; ``lift`` is their ratio. ``coverage`` is the share of the ``departures``
    at whose latest date before the rule held (``covered`` of them). ``lead_days`` are quartiles and median of the days
    from the first date of the last LOOK_BACK_DAYS on which it held to the departure, over ``led`` departures. What too
    few cases would carry is None or NaN, and ``too_few`` says so.
    """

    rows: int
    accounts: int
    leavers: int
    leaving_accounts: int
    rate: float | None
    base_rate: float | None
    lift: Interval
    departures: int
    covered: int
    coverage: Interval
    led: int
    lead_days: tuple[float, float, float] | None
    too_few: str

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON: intervals as ``lift``, ``lift_low``, ``lift_high``; None where undetermined."""
        plain = asdict(self) | {"lead_days": None if self.lead_days is None else list(self.lead_days)}
        for name in ("lift", "coverage"):
            ends = getattr(self, name)
            known = np.isfinite(ends.value)
            plain |= {f"{name}{end}": value if known else None
                      for end, value in (("", ends.value), ("_low", ends.low), ("_high", ends.high))}  # fmt: skip
        return plain


def trigger_quality(frame: pd.DataFrame, held: dict[str, np.ndarray]) -> dict[str, TriggerQuality]:
    """The quality of each rule. ``frame`` has account_id, ``as_of`` and ``left_on`` (days; missing for who stays) and
    ``churned``, one row per account and date, without announced leavers; ``held`` by name whether a rule held, per row.

    Raises ModelError for rows without outcome and rules on another number of rows.
    """
    require(frame, ("account_id", "as_of", "left_on", "churned"), "the rows to judge triggers on")
    for name, mask in held.items():
        if len(mask) != len(frame):
            raise ModelError(f"trigger {name} has {len(mask)} values for {len(frame)} rows", "give one for each row")
    if frame["churned"].isna().any():
        raise ModelError("some rows have no outcome", "judge triggers on matured as-of dates only")
    rows = _Rows.of(frame)
    return {name: _quality(rows, np.asarray(mask, dtype=bool)) for name, mask in held.items()}


def lift(held: np.ndarray, churned: np.ndarray, date: np.ndarray, account: np.ndarray) -> tuple[float, Interval]:
    """The base rate of the dates on which ``held`` is true, and the rate of ``churned`` there over it.

    ``date`` and ``account`` are codes from 0 on. With H rows where it held, Y leavers and N rows on a date, the base is
    the sum of H * Y / N over the dates, the leavers that were to be expected (direct standardisation). The interval is
    that of the logarithm by linearisation, each account's rows taken together since they tell one story (Binder 1983,
    International Statistical Review 51), with Student's t for as many degrees of freedom as accounts left where it
    held, less one: it is they who carry the figure.
    """
    found = float(churned[held].sum())
    n, y, h = (np.bincount(date, weights=each) for each in (np.ones(len(date)), churned, held))
    expected = float(np.sum(h * y / n))
    base = expected / float(held.sum())
    share = (y / n)[date]
    weight = held * churned / found - (held * share + (h / n)[date] * (churned - share)) / expected
    of_account = np.bincount(account, weights=weight)
    clusters = len(np.unique(account))
    error = float(np.sqrt(clusters / (clusters - 1) * np.sum(of_account**2)))
    leaving = len(np.unique(account[held & churned.astype(bool)]))
    reach = float(np.exp(t.ppf(0.975, max(leaving - 1, 1)) * error))
    value = found / expected
    return base, Interval(value, value / reach, value * reach)


@dataclass(frozen=True)
class _Rows:
    """``account`` and ``date`` are codes; ``day`` days as numbers; ``latest`` the row at the latest date before each
    departure; ``back`` has the rows of the LOOK_BACK_DAYS before departures whose whole look-back is on record:
    departure, row, days from the row's date to the departure."""

    account: np.ndarray
    date: np.ndarray
    churned: np.ndarray
    latest: np.ndarray
    back: pd.DataFrame

    @classmethod
    def of(cls, frame: pd.DataFrame) -> _Rows:
        account = pd.factorize(frame["account_id"])[0]
        day = pd.to_datetime(frame["as_of"]).to_numpy(dtype="datetime64[D]").astype(np.int64)
        churned = frame["churned"].to_numpy(dtype=bool)
        left = pd.to_datetime(frame["left_on"]).to_numpy(dtype="datetime64[D]")
        rows = pd.DataFrame({"account": account, "day": day, "row": np.arange(len(frame))})
        leaving = rows[churned].assign(left=left[churned].astype(np.int64))
        leaving = leaving.sort_values(["account", "left", "day"])
        last = leaving.drop_duplicates(["account", "left"], keep="last").reset_index(drop=True)
        whole = last[last["left"] - LOOK_BACK_DAYS >= day.min()] if len(day) else last
        back = whole[["account", "left"]].assign(departure=whole.index).merge(rows, on="account")
        back["days"] = back["left"] - back["day"]
        back = back[(back["days"] > 0) & (back["days"] <= LOOK_BACK_DAYS)]
        dates = np.unique(day, return_inverse=True)[1]
        return cls(account, dates, churned, last["row"].to_numpy(), back[["departure", "row", "days"]])


def _quality(rows: _Rows, held: np.ndarray) -> TriggerQuality:
    leaving = len(np.unique(rows.account[held & rows.churned]))
    accounts = len(np.unique(rows.account[held]))
    departures, covered = len(rows.latest), int(held[rows.latest].sum())
    first = rows.back[held[rows.back["row"].to_numpy()]].groupby("departure")["days"].max()
    rate, base, ratio, share, lead = None, None, UNKNOWN, UNKNOWN, None
    few = []
    if leaving >= LEAST:
        base, ratio = lift(held, rows.churned.astype(np.float64), rows.date, rows.account)
        rate = float(rows.churned[held].mean())
    elif accounts:
        few.append(f"{leaving} of the {accounts} accounts where it held left")
    if accounts and departures >= LEAST:
        exact = binomtest(covered, departures).proportion_ci(method="wilson")
        share = Interval(covered / departures, float(exact.low), float(exact.high))
    elif accounts:
        few.append(f"{departures} departures")
    if len(first) >= LEAST:
        low, middle, high = np.percentile(first, [25, 50, 75])
        lead = (float(low), float(middle), float(high))
    return TriggerQuality(
        rows=int(held.sum()),
        accounts=accounts,
        leavers=int((held & rows.churned).sum()),
        leaving_accounts=leaving,
        rate=rate,
        base_rate=base,
        lift=ratio,
        departures=departures,
        covered=covered,
        coverage=share,
        led=len(first),
        lead_days=lead,
        too_few=f"too few: {', '.join(few)}" if few else "" if accounts else "it never held",
    )
