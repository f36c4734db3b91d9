"""What a night came to, on a terminal."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from rich.console import Console

from pipelines import exports, nightly
from pipelines.lists import AT_RISK
from pipelines.summary import print_summary

DAY = date(2025, 3, 10)


def printed(config: Any, width: int) -> list[str]:
    out = Console(file=io.StringIO(), width=width)
    print_summary(config, DAY, out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue().splitlines()


def test_accounts_are_told_in_paragraphs_that_fit_a_terminal(running_shop: Any) -> None:
    config = running_shop.config()
    done = exports.published(config, AT_RISK, DAY)
    assert done is not None
    lines = printed(config, 80)
    assert lines[0] == "At risk of leaving, as of 2025-03-10"
    told = lines[1 : next(at for at, line in enumerate(lines) if line.startswith("List:"))]
    assert all(len(line) <= 80 for line in told)
    for row in done.rows()[:5]:
        at = next(at for at, line in enumerate(told) if line.startswith(f"{row['rank']:>3}  {row['name']} · "))
        assert f"{row['probability']:.0%}" in told[at]
        assert " ".join(told[at + 1].split()) in row["reasons"][0]["text"]
    assert sum(line.strip().startswith("play: ") for line in told) == 5


def test_names_from_data_do_nothing_to_the_terminal(running_shop: Any) -> None:
    accounts = running_shop.read("accounts.csv")
    names = ["[red]x[/]", "\x1b[2J", "two\nlines", "x" * 10_000]
    running_shop.write("accounts.csv", [{**row, "label": names[at % 4]} for at, row in enumerate(accounts)])
    config = running_shop.accept(DAY, "accounts", "subscriptions")
    nightly.publish_list(config, AT_RISK, DAY)
    told = printed(config, 80)[1:16]
    assert all(len(line) <= 80 and "\x1b" not in line for line in told)
