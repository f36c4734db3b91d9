"""Charts: the same figure has the same bytes, names from data are labels and nothing else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pipelines.report import charts

MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
NAMES = ["$x_1$", "<b>&\"'", "x" * 10_000, "two\nlines \u202e \x07", "👩‍🚀 漢字", ""]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter("text")]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: charts.bars("a", NAMES, [5.0, 4.0, 3.0, 2.0, 1.0, 0.0], [1.0] * 6, ["1 of 5"] * 6),
        lambda: charts.columns("a", NAMES, [1, 2, 3, 4, 5, 0], ["1"] * 6, "what"),
        lambda: charts.course("a", MONTHS, [0.1, None] + [0.2] * 10, [(0.05, 0.15), None] + [(0.1, 0.3)] * 10, True),
        lambda: charts.promises("a", MONTHS[:1], [(0.0, 0.0, 0.0)], [0]),
    ],
)
def test_a_chart_is_reproducible_and_lives_inside_a_page(draw: Any) -> None:
    svg = draw()
    assert svg == draw()
    root = ET.fromstring(svg)
    assert root.attrib["aria-hidden"] == "true"
    assert all("style" not in element.attrib for element in root.iter())
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert all(each.startswith("a-") for each in ids)
    assert {place[1:] for place in re.findall(r'href="([^"]+)"', svg)} <= set(ids)
    colours = {element.attrib[key] for element in root.iter() for key in ("fill", "stroke") if key in element.attrib}
    assert colours <= {*charts.INK.values(), "none"}


def test_labels_are_what_the_data_say_on_one_short_line() -> None:
    shown = texts(charts.bars("a", NAMES, [1.0] * 6, [0.5] * 6, ["told"] * 6))
    assert "$x_1$" in shown, "no formula"
    assert "<b>&\"'" in shown
    assert "x" * 19 + "…" in shown
    assert "two lines" in shown
    assert "👩 🚀 漢字" in shown


def test_the_interval_is_drawn_where_there_is_one() -> None:
    with_one = charts.course("a", MONTHS[:2], [0.1, 0.2], [(0.05, 0.15), None], True)
    assert with_one.count(charts.INK["soft"]) == 1
    assert charts.course("a", MONTHS[:2], [0.1, 0.2], [None, None], True).count(charts.INK["soft"]) == 0


def test_months_without_a_value_are_left_out() -> None:
    drawn = charts.course("a", MONTHS[:3], [0.1, None, 0.2], [None] * 3, True)
    assert len(ET.fromstring(drawn).findall(".//use")) == 2
