"""``churn lake``: what nights build on, between this machine and its home in object storage.

Belongs here: arguments and what is printed. Does not belong here: pulling and pushing (``remote``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from pipelines.cli.terminal import config_of_choice, out, say, working
from pipelines.config import Config
from pipelines.errors import ChurnError

app = typer.Typer(
    no_args_is_help=True, help="The lake, lists and champion in object storage (storage.remote): compare, pull, push."
)


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Say which generation this machine has, which is the latest, and what was changed here since."""
    from dataclasses import asdict
    from json import dumps

    from pipelines.remote import status as comparing

    with working("comparing"):
        found = comparing.status(config_of_choice())
    if json:
        out.print(dumps(asdict(found), indent=2), highlight=False, markup=False, soft_wrap=True)
        return
    for line in comparing.told(found):
        out.print(line, highlight=False, markup=False, soft_wrap=True)


@app.command()
def pull(
    discard_local: Annotated[
        bool, typer.Option("--discard-local", help="Give up what was changed here and never pushed.")
    ] = False,
    generation: Annotated[
        int | None, typer.Option(help="Take the files of this generation; the next push makes them the latest again.")
    ] = None,
) -> None:
    """Bring this machine to the latest generation."""
    from pipelines.remote import pulling

    with working("pulling"):
        pulled = pulling.pull(config_of_choice(), discard_local, generation, say)
    out.print(pulling.told(pulled), highlight=False, markup=False, soft_wrap=True)


@app.command()
def push() -> None:
    """Make what this machine has the latest generation; only what changed is uploaded."""
    from pipelines.remote import pushing

    with working("pushing"):
        pushed = pushing.push(config_of_choice(), say)
    out.print(pushing.told(pushed), highlight=False, markup=False, soft_wrap=True)


@app.command()
def prune(
    keep: Annotated[int, typer.Option(min=1, help="How many of the latest generations stay.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove old generations, and what only they had."""
    from pipelines.remote import pruning

    with working("pruning"):
        pruned = pruning.prune(config_of_choice(), keep, dry_run)
    said = pruning.told(pruned)
    out.print(f"would be: {said}" if dry_run else said, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def kept(config: Config) -> Iterator[None]:
    """Where a home is configured: pull before the block, and push after it what there is, also if it ends with an error
    of ours, since what was landed may not come again."""
    if config.storage.remote is None:
        yield
        return
    from pipelines.remote import pulling, pushing

    def pushed() -> None:
        with working("pushing"):
            say(pushing.told(pushing.push(config, say)))

    with working("pulling"):
        say(pulling.told(pulling.pull(config, say=say)))
    try:
        yield
    except ChurnError as error:
        try:
            pushed()
        except ChurnError as second:
            if second.message in error.message:
                raise error from None
            raise type(error)(f"{error.message}; {second.message}", f"{error.remedy}; {second.remedy}") from error
        raise
    pushed()
