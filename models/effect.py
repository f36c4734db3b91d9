"""What outreach did: churn of those who were listed against those held out at random, with intervals and power.

Belongs here: arithmetic on entries. Does not belong here: who was held out and what became of them
(``pipelines.effects``), the interval of a difference of rates (``difference``).

Everything is by intention to treat: an entry counts for the arm into which it was drawn, whether or not anybody was
contacted. An entry is a stay of an account on a list; an account may have one on each of several lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import norm

from models.difference import Arms, quantile, rate_difference
from models.inputs import require
from models.metrics import UNKNOWN, Interval

COLUMNS = ("list", "play", "stratum", "account_id", "listed", "churned", "mrr", "contacted")
SMALLEST = 0.05
"""Change of the churn rate that a holdout should be able to show."""

POWER = 0.8
Verdict = Literal["helps", "harms", "no_difference", "too_few", "no_holdout"]


@dataclass(frozen=True)
class Arm:
    """One arm: how many ``entries`` of how many ``accounts``, how many of them left and how many were contacted; churn
    ``rate``, weighted by stratum as the comparison is; ``mrr`` at entry and what of it was lost with those who left,
    in minor units a month."""

    entries: int
    accounts: int
    leavers: int
    contacted: int
    rate: float
    mrr: int
    mrr_lost: int


@dataclass(frozen=True)
class Effect:
    """Listed against held out, for a ``play`` of a ``list`` (None: all of them together).

    ``difference`` is the churn rate of the listed less that of the holdout: below 0 outreach kept accounts. ``saved``
    is the MRR in minor units a month that the listed did not lose because they were listed: the difference of the
    shares of MRR that are lost, times their MRR; NaN where an account has entries on several lists, as its MRR would
    count as often. ``among_contacted`` is the difference among those whom being listed
    led to be contacted (Bloom 1984, Evaluation Review 8(2)): difference over share contacted. It holds if being listed
    does nothing to those who are not contacted, and is left out (NaN) where any of the holdout was contacted.
    Intervals of the plays of a list hold together 95 times in 100, so each is wider the more are ``compared``.
    ``left_out`` are entries of strata that have only one arm. ``missing`` is how many entries the holdout still lacks
    until a change of ``smallest`` shows, four times in five; None once it is large enough, or where there is none.
    """

    list: str | None
    play: str | None
    listed: Arm
    holdout: Arm
    difference: Interval
    saved: Interval
    contacted_share: float
    among_contacted: Interval
    compared: int
    left_out: int
    smallest: float
    missing: int | None
    verdict: Verdict

    @property
    def warning(self) -> bool:
        """Outreach raises churn, beyond chance."""
        return self.verdict == "harms"

    @property
    def worse(self) -> bool:
        """More of the listed left, be it by chance."""
        return bool(self.difference.value > 0)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; what is not determined is None."""
        return {
            name: _known(value)
            for name, value in (asdict(self) | {"warning": self.warning, "worse": self.worse}).items()
        }


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _known(each) for name, each in value.items()}
    return None if isinstance(value, float) and np.isnan(value) else value


def effects(entries: pd.DataFrame, smallest: float = SMALLEST) -> list[Effect]:
    """The effect of each play of each list, of each list, and of all lists if there are several.

    The plays of a list are compared with each other, and the more there are the likelier one of them looks harmful by
    chance: their intervals are such that all of them hold at once.

    ``entries`` has a row per entry: list, play (text or None) and stratum, account_id, ``listed`` (false: held out),
    ``churned``, ``mrr`` in minor units, ``contacted``. Arms are compared within list and stratum. Raises ModelError
    naming missing columns.
    """
    require(entries, COLUMNS, "the entries")
    groups = list(_groups(entries))
    arms = Counter(name for name, play, rows in groups if play is not None and rows["listed"].nunique() == 2)
    return [
        effect(rows, name, play, smallest, max(1, arms[name]) if play is not None else 1) for name, play, rows in groups
    ]


def _groups(entries: pd.DataFrame) -> Iterator[tuple[str | None, str | None, pd.DataFrame]]:
    lists = sorted(entries["list"].unique())
    for name in lists:
        of_list = entries[entries["list"] == name]
        plays = sorted(of_list["play"].dropna().unique())
        for play in plays:
            yield name, play, of_list[of_list["play"] == play]
        yield name, None, of_list
    if len(lists) > 1:
        yield None, None, entries


def effect(
    entries: pd.DataFrame,
    name: str | None = None,
    play: str | None = None,
    smallest: float = SMALLEST,
    compared: int = 1,
) -> Effect:
    """The effect over all of ``entries``; see ``effects``."""
    strata = pd.factorize(entries["list"].astype(str) + "\n" + entries["stratum"].astype(str), sort=True)[0]
    accounts = pd.factorize(entries["account_id"], sort=True)[0]
    listed, churned, contacted = (entries[name].to_numpy(dtype=bool) for name in ("listed", "churned", "contacted"))
    mrr = entries["mrr"].fillna(0).to_numpy(dtype=np.float64)
    arms, money = Arms(listed, strata, accounts), Arms(listed, strata, accounts, mrr)
    counts = np.isin(np.arange(len(entries)), arms.rows)
    rates, shares = arms.means(churned), arms.means(contacted)
    treated, holdout = (
        Arm(
            entries=int(rows.sum()),
            accounts=len(np.unique(accounts[rows])),
            leavers=int(churned[rows].sum()),
            contacted=int(contacted[rows].sum()),
            rate=rate,
            mrr=round(float(mrr[rows].sum())),
            mrr_lost=round(float(mrr[rows & churned].sum())),
        )
        for rows, rate in zip((counts & listed, counts & ~listed), rates, strict=True)
    )
    difference = rate_difference(arms, churned, compared)
    by_contact = shares[0] > 0 and holdout.contacted == 0
    missing = _missing(arms, churned, treated, holdout, smallest, compared)
    several = entries["list"].nunique() > 1 and entries["account_id"].duplicated().any()
    return Effect(
        list=name,
        play=play,
        listed=treated,
        holdout=holdout,
        difference=difference,
        saved=UNKNOWN if several else _scaled(rate_difference(money, churned, compared), -treated.mrr),
        contacted_share=shares[0],
        among_contacted=_scaled(difference, 1.0 / shares[0]) if by_contact else UNKNOWN,
        compared=compared,
        left_out=int((~counts).sum()),
        smallest=smallest,
        missing=missing,
        verdict=_verdict(difference, missing),
    )


def _verdict(difference: Interval, missing: int | None) -> Verdict:
    if np.isnan(difference.value):
        return "no_holdout"
    if difference.low > 0:
        return "harms"
    if difference.high < 0:
        return "helps"
    return "too_few" if missing else "no_difference"


def _scaled(found: Interval, factor: float) -> Interval:
    ends = sorted((found.low * factor, found.high * factor))
    return Interval(found.value * factor, *ends)


def entries_needed(
    rate: float, smallest: float = SMALLEST, ratio: float = 1.0, power: float = POWER, compared: int = 1
) -> int:
    """How many entries a holdout takes until a change of its churn ``rate`` by ``smallest`` shows at the 5 % level of
    all that are ``compared`` with this ``power``, if ``ratio`` entries are listed for each that is held out.

    Normal approximation for two rates of unequal groups (Fleiss, Levin & Paik 2003, Statistical Methods for Rates and
    Proportions, 4.2, without the correction for continuity). The change is a fall, or a rise where the rate is too low
    to fall that far.
    """
    other = rate - smallest if rate - smallest > 0 else min(rate + smallest, 1.0)
    mean = (rate + ratio * other) / (1 + ratio)
    chance = quantile(compared) * np.sqrt((1 + 1 / ratio) * mean * (1 - mean))
    spread = norm.ppf(power) * np.sqrt(rate * (1 - rate) + other * (1 - other) / ratio)
    return int(np.ceil(((chance + spread) / smallest) ** 2))


def _missing(arms: Arms, churned: np.ndarray, listed: Arm, holdout: Arm, smallest: float, compared: int) -> int | None:
    if not (listed.entries and holdout.entries):
        return None
    rate = holdout.rate if holdout.leavers else (listed.leavers + 0.5) / (listed.entries + 1)
    needed = entries_needed(rate, smallest, listed.entries / holdout.entries, compared=compared)
    # rounding must not make one more of a design effect of 1
    inflated = int(np.ceil(needed * float(np.max(arms.inflation(churned))) - 1e-6))
    return inflated - holdout.entries if inflated > holdout.entries else None
