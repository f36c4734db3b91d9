"""Pictures of a model's quality: there, and the same for the same figures."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.plots import all_plots

CARD = {"importances": {f"feature_{n}": float(n) for n in range(30)}}


def drawn(rows: int, leavers: int) -> dict[str, bytes]:
    rng = np.random.default_rng(1)
    churned = np.zeros(rows, dtype=bool)
    churned[:leavers] = True
    return all_plots(churned, rng.uniform(0, 0.3, rows), CARD)


def test_four_pictures_of_the_same_bytes() -> None:
    one, two = drawn(500, 40), drawn(500, 40)
    assert list(one) == ["reliability", "gains", "scores", "importance"]
    assert one == two
    assert all(picture.startswith(b"\x89PNG\r\n") for picture in one.values())


def test_other_figures_give_other_pictures() -> None:
    one, other = drawn(500, 40), drawn(500, 80)
    assert [name for name in one if one[name] != other[name]] == ["reliability", "gains", "scores"]


@pytest.mark.parametrize(("rows", "leavers"), [(3, 1), (50, 0), (50, 50)])
def test_few_rows_or_one_sided_outcomes_are_drawn(rows: int, leavers: int) -> None:
    assert len(drawn(rows, leavers)) == 4


def test_a_model_that_uses_nothing_is_drawn() -> None:
    assert all_plots(np.array([True, False]), np.array([0.0, 0.0]), {"importances": {"a": 0.0}})
