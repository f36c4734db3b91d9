"""The effect of outreach: what is estimated, that its intervals hold in small numbers, and what is said of it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from models.effect import Effect, effect, effects, entries_needed
from models.inputs import ModelError


def entries(
    counts: dict[bool, tuple[int, int]], contacted: dict[bool, float] | None = None, mrr: int = 1000, play: str = "call"
) -> pd.DataFrame:
    """Entries by arm as (leavers, entries), the first of each arm contacted in these shares."""
    parts = []
    for listed, (leavers, size) in counts.items():
        at = np.arange(size)
        share = (contacted or {}).get(listed, 0.0)
        parts.append(
            pd.DataFrame(
                {
                    "account_id": [f"{play}-{listed}-{each}" for each in at],
                    "listed": listed,
                    "churned": at < leavers,
                    "contacted": at < share * size,
                    "mrr": mrr,
                }
            )
        )
    return pd.concat(parts, ignore_index=True).assign(list="at_risk", play=play, stratum=f"human, {play}")


def simulated(
    rng: np.random.Generator,
    listed: int,
    holdout: int,
    rate: float,
    change: float,
    repeats: int = 1,
    alike: float = 0.0,
) -> tuple[pd.DataFrame, float]:
    """Entries in two strata, of accounts that enter up to ``repeats`` times and then fare ``alike`` so often, with MRR
    of a long tail; and the MRR that listing truly saves in expectation."""
    rows = []
    for arm, size, level in ((True, listed, rate + change), (False, holdout, rate)):
        account = (
            np.sort(rng.integers(0, max(1, round(2 * size / (repeats + 1))), size)) if repeats > 1 else np.arange(size)
        )
        stratum = rng.integers(0, 2, size)
        luck = np.where(rng.random(size) < alike, rng.random(size)[account % size], rng.random(size))
        rows.append(
            pd.DataFrame(
                {
                    "account_id": [f"{arm}{each}" for each in account],
                    "stratum": stratum.astype(str),
                    "listed": arm,
                    "churned": luck < level * np.where(stratum == 0, 0.7, 1.3),
                    "mrr": np.rint(rng.lognormal(0, 1, size) * 1e4),
                }
            )
        )
    found = pd.concat(rows, ignore_index=True).assign(list="at_risk", play="call", contacted=False)
    of_listed = found[found["listed"]]
    return found, float(-(of_listed["mrr"] * change * np.where(of_listed["stratum"] == "0", 0.7, 1.3)).sum())


@pytest.mark.parametrize(
    ("listed", "holdout", "rate", "change", "repeats", "alike"),
    [
        (40, 15, 0.1, 0.0, 1, 0.0),
        (200, 30, 0.2, -0.1, 1, 0.0),
        (30, 10, 0.05, 0.1, 1, 0.0),
        (300, 60, 0.25, -0.1, 3, 0.5),
        (60, 40, 0.15, 0.1, 3, 0.9),
    ],
)
def test_intervals_cover_in_small_numbers(
    listed: int, holdout: int, rate: float, change: float, repeats: int, alike: float
) -> None:
    """Of 200 repetitions 190 should be covered; 183 is what 95 % coverage exceeds 98 times in 100."""
    rng, covered, saved = np.random.default_rng(7), 0, 0
    for _ in range(200):
        rows, truth = simulated(rng, listed, holdout, rate, change, repeats, alike)
        found = effect(rows)
        covered += found.difference.low <= change <= found.difference.high
        saved += found.saved.low <= truth <= found.saved.high
    assert covered >= 183
    assert saved >= 183


def test_without_an_effect_few_are_found_to_harm() -> None:
    rng = np.random.default_rng(3)
    warned = sum(effect(simulated(rng, 80, 30, 0.15, 0.0)[0]).warning for _ in range(200))
    assert warned <= 12


def test_intervals_of_plays_hold_together() -> None:
    """Without any effect: of 200 lists with five plays each, one in twenty may have an interval that misses, and half
    of those a play that seems to harm. Intervals for each play alone would miss in one list of five."""
    rng, missed, warned, alone = np.random.default_rng(11), 0, 0, 0
    for _ in range(200):
        plays = [simulated(rng, 80, 40, 0.15, 0.0)[0].assign(play=f"play {n}") for n in range(5)]
        rows = pd.concat(plays, ignore_index=True)
        found = [each for each in effects(rows) if each.play]
        assert {each.compared for each in found} == {5}
        missed += not all(each.difference.low <= 0 <= each.difference.high for each in found)
        warned += any(each.warning for each in found)
        single = [effect(each).difference for each in plays]
        alone += not all(each.low <= 0 <= each.high for each in single)
    assert missed <= 17
    assert warned <= 10
    assert alone > 25


def test_what_has_no_holdout_is_not_compared() -> None:
    with_holdout = [entries({True: (10, 200), False: (30, 100)}, play=play) for play in ("call", "mail")]
    without = entries({True: (10, 200)}, play="letter")
    found = {each.play: each for each in effects(pd.concat([*with_holdout, without], ignore_index=True))}
    assert {play: each.compared for play, each in found.items()} == {"call": 2, "mail": 2, "letter": 2, None: 1}
    once = effect(with_holdout[0])
    assert found["call"].difference.value == once.difference.value
    assert found["call"].difference.low < once.difference.low < once.difference.high < found["call"].difference.high
    few = [entries({True: (8, 40), False: (2, 10)}, play=play) for play in ("call", "mail")]
    together, alone = effects(pd.concat(few, ignore_index=True))[0], effect(few[0])
    assert together.missing is not None
    assert alone.missing is not None
    assert together.missing > alone.missing


def test_a_known_example_in_full() -> None:
    """8 % of 500 against 20 % of 100: outreach keeps 12 in 100, and as 80 % were contacted, 15 in 100 of these."""
    found = effect(entries({True: (40, 500), False: (20, 100)}, {True: 0.8}), "at_risk", "call")
    assert (found.listed.entries, found.listed.leavers, found.listed.contacted) == (500, 40, 400)
    assert (found.holdout.rate, found.holdout.mrr, found.holdout.mrr_lost) == (0.2, 100_000, 20_000)
    assert found.difference.value == pytest.approx(-0.12)
    assert found.difference.high < 0
    assert found.saved.value == pytest.approx(0.12 * 500 * 1000)
    assert 0 < found.saved.low < found.saved.value < found.saved.high
    assert found.contacted_share == 0.8
    assert found.among_contacted.value == pytest.approx(-0.15)
    assert found.among_contacted.low == pytest.approx(found.difference.low / 0.8)
    assert (found.verdict, found.warning, found.worse) == ("helps", False, False)


def test_a_contacted_holdout_leaves_no_effect_among_the_contacted() -> None:
    found = effect(entries({True: (40, 500), False: (20, 100)}, {True: 0.8, False: 0.05}))
    assert np.isnan(found.among_contacted.value)
    assert found.holdout.contacted == 5
    nobody = effect(entries({True: (40, 500), False: (20, 100)}))
    assert np.isnan(nobody.among_contacted.value)


def test_outreach_that_raises_churn_is_a_warning() -> None:
    """The field experiment's 10.0 % against 6.4 %, at a size at which it shows and at one at which it does not."""
    large = effect(entries({True: (1000, 10_000), False: (192, 3000)}))
    assert (large.verdict, large.warning, large.worse) == ("harms", True, True)
    assert large.saved.high < 0
    small = effect(entries({True: (10, 100), False: (2, 31)}))
    assert (small.verdict, small.warning, small.worse) == ("too_few", False, True)


def test_too_few_says_how_many_are_missing_and_enough_that_there_is_no_difference() -> None:
    few = effect(entries({True: (8, 40), False: (2, 10)}))
    assert few.verdict == "too_few"
    assert few.missing == entries_needed(0.2, 0.05, 4.0) - 10
    many = effect(entries({True: (1600, 8000), False: (400, 2000)}))
    assert (many.verdict, many.missing) == ("no_difference", None)
    assert effect(entries({True: (8, 40), False: (2, 10)}), smallest=0.3).missing < few.missing  # type: ignore[operator]
    nobody = effect(entries({True: (0, 40), False: (0, 10)}))
    assert nobody.verdict == "too_few"
    assert nobody.missing


def test_repeated_accounts_ask_for_more_entries() -> None:
    once = effect(entries({True: (10, 50), False: (10, 50)}))
    twice = entries({True: (10, 50), False: (10, 50)})
    found = effect(pd.concat([twice, twice], ignore_index=True))
    assert found.missing is not None
    assert once.missing is not None
    assert found.missing + 100 == pytest.approx(2 * (once.missing + 50), rel=0.05)


@pytest.mark.parametrize(("rate", "smallest", "ratio"), [(0.2, 0.1, 4.0), (0.3, 0.1, 1.0), (0.04, 0.05, 3.0)])
def test_so_many_entries_show_the_change_four_times_in_five(rate: float, smallest: float, ratio: float) -> None:
    needed = entries_needed(rate, smallest, ratio)
    listed, other = round(needed * ratio), rate - smallest if rate > smallest else rate + smallest
    rng, tries = np.random.default_rng(0), 20_000
    x1, x0 = rng.binomial(listed, other, tries), rng.binomial(needed, rate, tries)
    pooled = (x1 + x0) / (listed + needed)
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / listed + 1 / needed))
    shown = np.abs(x1 / listed - x0 / needed) > norm.ppf(0.975) * error
    assert shown.mean() == pytest.approx(0.8, abs=0.04)


def test_without_a_holdout_there_is_no_effect() -> None:
    alone = effect(entries({True: (5, 50)}))
    assert alone.verdict == "no_holdout"
    assert (alone.listed.entries, alone.left_out, alone.missing) == (0, 50, None)
    assert json.dumps(alone.as_dict(), allow_nan=False)
    assert alone.as_dict()["difference"] == {"value": None, "low": None, "high": None}


def test_lists_and_plays_are_told_apart_and_pooled() -> None:
    helping = entries({True: (10, 200), False: (30, 100)}, play="training")
    harming = entries({True: (60, 200), False: (10, 100)}, play="discount")
    other = entries({True: (10, 100), False: (10, 100)}).assign(list="rewards", play=None)
    found = effects(pd.concat([harming, helping, other], ignore_index=True))
    assert [(each.list, each.play, each.verdict) for each in found] == [
        ("at_risk", "discount", "harms"), ("at_risk", "training", "helps"), ("at_risk", None, "too_few"),
        ("rewards", None, "too_few"), (None, None, "too_few"),
    ]  # fmt: skip
    pooled = found[2]
    assert pooled.listed.entries == 400
    assert pooled.difference.value == pytest.approx((found[0].difference.value + found[1].difference.value) / 2)
    assert effects(other.iloc[:0]) == []


def test_the_order_of_rows_does_not_matter() -> None:
    rows, _ = simulated(np.random.default_rng(1), 60, 30, 0.2, 0.0, 2, 0.5)
    assert effect(rows).as_dict() == effect(rows.sample(frac=1, random_state=0)).as_dict()


def test_over_all_lists_no_revenue_counts_twice() -> None:
    rows = entries({True: (40, 500), False: (20, 100)})
    both = pd.concat([rows, rows.assign(list="save")])
    per_list = {each.list: each for each in effects(both) if each.play is None}
    assert per_list["save"].saved.value == pytest.approx(0.12 * 500 * 1000)
    assert np.isnan(per_list[None].saved.value)
    assert per_list[None].difference.value == pytest.approx(-0.12)


def test_missing_columns_are_named() -> None:
    with pytest.raises(ModelError, match="churned"):
        effects(entries({True: (1, 2), False: (1, 2)}).drop(columns="churned"))


def test_unknown_mrr_counts_for_churn_and_not_for_money() -> None:
    rows = entries({True: (40, 500), False: (20, 100)})
    rows["mrr"] = rows["mrr"].astype("Int64").where(rows.index % 2 == 0)
    found: Effect = effect(rows)
    assert found.listed.entries == 500
    assert found.listed.mrr == 250_000
    unknown = effect(rows.assign(mrr=pd.NA))
    assert unknown.difference == found.difference
    assert np.isnan(unknown.saved.value)
