"""What the page of a model says beside its figures."""

from __future__ import annotations

import pytest

from pipelines.card import _learned_from, _level
from pipelines.card_parts import kinds

SPLIT = "Training, calibration and test are 37 days apart."
WHOLE = {"split": {"note": SPLIT}, "panel_share": 1.0, "sample": {"share": 1.0, "rows": 2400}}


def test_samples_and_tuning_are_told_where_there_are_any() -> None:
    assert list(_learned_from(WHOLE)) == [SPLIT]
    note = "Time was up after 12 of 50 trials: trial 3 was best on train rows held out."
    thinned = {**WHOLE, "panel_share": 0.25, "sample": {"share": 0.5, "rows": 1200}, "tuning": {"note": note}}
    assert list(_learned_from(thinned)) == [
        SPLIT,
        "The panel is a sample of 25.00% of the accounts, the list of a day of its capacity.",
        "The model has learned from 50.00% of them, 1,200 rows of the train dates.",
        f"Tuning: {note}",
    ]


def of_kind(expected: float = 50.0, unknown: int = 0, auc: float | None = 0.9) -> dict[str, object]:
    """Figures as ``models.kinds.judge`` gives them."""
    figures: dict[str, object] = {"leaving_accounts": 17, "leavers": 63, "expected_leavers": expected}
    for name, value in (("base_rate", 0.02), ("auc", auc), ("gain_auc", auc and 0.07), ("calibration_slope", 1.0)):
        ends = {"": value, "_low": value and value - 0.01, "_high": value and value + 0.01}
        figures |= {f"{name}{end}": each for end, each in ends.items()}
    counted = {"actual_leavers": 63.0, "actual_leavers_low": 34.0, "actual_leavers_high": 95.0}
    return {**figures, **counted, "leaves_auc": auc and 0.83, "unknown_leavers": unknown}


def test_each_kind_of_departure_stands_beside_its_rival() -> None:
    told = kinds({"why": "", "quality": {"voluntary": of_kind(70.0), "involuntary": of_kind(auc=None)}})
    assert (
        "| voluntary | 17 | 0.02 (95 % 0.01 to 0.03) | 0.9 (95 % 0.89 to 0.91) | 0.83 | 0.07 (95 % 0.06 to 0.08) | "
        "1 (95 % 0.99 to 1.01) | 70, actual 63 (95 % 34 to 95) |" in told
    )
    assert "| involuntary | 17 | 0.02 (95 % 0.01 to 0.03) | not determined |  |  |" in told
    assert "unknown kind" not in told
    assert "12 leavers of unknown kind are left out" in kinds({"why": "", "quality": {"voluntary": of_kind(50.0, 12)}})


@pytest.mark.parametrize(("expected", "said"), [(33.0, "Fewer"), (34.0, ""), (95.0, ""), (96.0, "More")])
def test_more_or_fewer_than_chance_explains_is_said(expected: float, said: str) -> None:
    told = kinds({"why": "", "quality": {"involuntary": of_kind(expected)}})
    assert ("than chance can explain" in told) == bool(said)
    assert not said or f"{said} involuntary leavers are expected" in told


def test_why_there_is_no_division_by_kind_is_said() -> None:
    told = kinds({"share": None, "why": "3 accounts are known to leave", "ahead": "wait", "quality": {}})
    assert "is not divided into voluntary and involuntary: 3 accounts are known to leave." in told
    assert "What would carry that: wait." in told


def test_how_well_the_level_is_known_is_said() -> None:
    assert "a factor of 1.22 (95 %)" in _level({"level_error": 0.1})
