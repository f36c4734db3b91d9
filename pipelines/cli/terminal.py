"""What all commands share: where they print, the configuration and the day that were asked for.

Belongs here: consoles, tables, progress, common arguments. Does not belong here: any command.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from pipelines import config as configuration
from pipelines.config import Config
from pipelines.errors import ChurnError

out, err = Console(), Console(stderr=True)


@dataclass
class _Chosen:
    file: Path | None = None


chosen = _Chosen()

AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="Day to run for, as 2026-01-31; default: the last day that is over (or has data)."),
]


def options(
    file: Annotated[
        Path | None, typer.Option("--config", "-c", help="Configuration file; default: $CHURN_CONFIG or churn.yaml.")
    ] = None,
) -> None:
    """What every command takes, before its name."""
    chosen.file = file


def config_of_choice() -> Config:
    """The configuration that was asked for."""
    return configuration.load(chosen.file)


def day_of_choice(config: Config, text: str | None) -> date:
    """The day that was asked for, or the last one that is over."""
    if text is None:
        return config.last_day()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ChurnError(f"{text!r} is not a day", "write it as 2026-01-31") from error


_LEAST = 28
"""Columns of a terminal below which running text in a table is not readable."""


def show(head: Sequence[str], rows: Sequence[Sequence[str]], wraps: Collection[str] = ()) -> None:
    """Print rows of text as a table, of whose columns only those in ``wraps`` are broken into lines, and without those
    that are empty; where it is wider than the terminal, as a paragraph per row that begins with its first cell."""
    from rich.padding import Padding
    from rich.text import Text

    kept = [place for place in range(len(head)) if not rows or any(row[place] for row in rows)]
    widths = [_width(head[place], [row[place] for row in rows], head[place] in wraps) for place in kept]
    if sum(widths) + 3 * len(kept) + 1 <= out.width:
        table = Table()
        for place, width in zip(kept, widths, strict=True):
            table.add_column(Text(head[place]), min_width=width, overflow="fold")
        for row in rows:
            table.add_row(*(Text(row[place]) for place in kept))
        out.print(table)
        return
    for row in rows:
        out.print(Text(row[kept[0]], "bold"))
        facts = (Text.assemble((f"{head[place]}: ", "dim"), row[place]) for place in kept[1:] if row[place])
        out.print(Padding(Text(" · ").join(facts), (0, 0, 0, 4)))


def _width(heading: str, cells: Sequence[str], wraps: bool) -> int:
    """The least width that a column needs; a heading may always be broken between words."""
    widest = max(map(cell_len, cells), default=0)
    words = [*heading.split(), *(word for cell in cells if wraps for word in cell.split())]
    return max([min(widest, _LEAST) if wraps else widest, *map(cell_len, words)])


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that something is going on, on terminals; elsewhere one line."""
    if err.is_terminal:
        with err.status(what):
            yield
    else:
        err.print(what, highlight=False)
        yield


def say(line: str) -> None:
    """A line of progress."""
    err.print(line, highlight=False, markup=False)
