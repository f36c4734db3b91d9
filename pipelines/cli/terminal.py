"""What all commands share: where they print, the configuration and the day that were asked for.

Belongs here: consoles, progress, common arguments. Does not belong here: any command.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

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
