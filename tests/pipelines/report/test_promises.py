"""What past lists promised, as far as it was on record on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines.report import promises

DAY = date(2025, 3, 10)


def test_the_record_is_told_as_it_was_on_the_day(listed_shop: Any) -> None:
    (figure,) = promises.figures(listed_shop.config, DAY)
    assert [row[0] for row in figure.rows] == ["2025-01-09", "2025-01-19", "2025-02-01"]
    assert figure.headline == (
        "1 of 2 within the interval; 1 made with hindsight prove nothing; 21 left, 16.5 expected"
    )
    assert figure.rows[1] == ("2025-01-19", "40", "5.5", "2 to 9", "11", "110 EUR", "80 EUR", "no")
    assert figure.rows[0][-1] == "\N{EN DASH}"
    assert figure.svg
    (before,) = promises.figures(listed_shop.config, date(2025, 2, 25))
    assert [row[0] for row in before.rows] == ["2025-01-09", "2025-01-19"]


@pytest.mark.parametrize("gone", ["the file", "everything recorded by then"])
def test_without_a_record_there_is_no_chart(fresh_listed_shop: Any, gone: str) -> None:
    config = fresh_listed_shop.config
    if gone == "the file":
        (config.path(config.exports) / "at_risk" / "record.jsonl").unlink()
    (figure,) = promises.figures(config, DAY if gone == "the file" else date(2025, 2, 1))
    assert not figure.svg
    assert figure.note == "No promise of a past list is on record: it takes 37 days until its outcome is known."
