"""Tables of the terminal: nothing is cut, whatever its width."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from pipelines.cli import terminal
from pipelines.effects.report import HEAD

ROW = ["payment_recovery", "pause_offer_message", "1,234", "56", "123", "12", "-4.3 (-9.1 to 0.4)",
       "1,234.00 EUR (-100.00 to 2,400.00)", "81%", "", "not enough to tell: 400 entries more are needed"]  # fmt: skip


def shown(width: int, head: tuple[str, ...], rows: list[list[str]], wraps: tuple[str, ...] = ()) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal, "out", Console(file=StringIO(), width=width))
        terminal.show(head, rows, wraps)
        said = terminal.out.file
    assert isinstance(said, StringIO)
    return said.getvalue()


def test_a_wide_terminal_shows_a_table_without_empty_columns() -> None:
    said = shown(220, HEAD, [ROW], ("verdict",))
    assert "┃" in said
    assert "among contacted" not in said
    assert all(cell in said for cell in ROW[:-1])


def test_a_narrow_one_shows_a_paragraph_for_each_row() -> None:
    first, *rest = shown(80, HEAD, [ROW], ("verdict",)).splitlines()
    assert first == "payment_recovery"
    said = " ".join(" ".join(rest).split())
    assert said.startswith("play: pause_offer_message · listed: 1,234 · left: 56 · held out: 123 · left: 12 · ")
    assert said.endswith("verdict: not enough to tell: 400 entries more are needed")
    assert "among contacted" not in said


def test_no_rows_are_a_table_of_headings() -> None:
    assert "verdict" in shown(220, HEAD, [])
    assert shown(20, HEAD, []) == ""


@given(
    width=st.integers(40, 240),
    rows=st.lists(st.lists(st.text("ab_ 1[]/", max_size=30), min_size=4, max_size=4), min_size=1, max_size=4),
    wraps=st.sampled_from([(), ("two",), ("two", "four")]),
)
def test_no_word_is_cut(width: int, rows: list[list[str]], wraps: tuple[str, ...]) -> None:
    said = shown(width, ("one", "two", "three", "four"), rows, wraps).replace("│", " ").split()
    for row in rows:
        for cell in row:
            assert set(cell.split()) <= set(said)
    assert "…" not in said
