"""The command that brings published lists to their destinations, or brings them again.

Belongs here: its arguments and what it prints. Does not belong here: delivering (``pipelines.destinations``).
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.terminal import AsOf, config_of_choice, day_of_choice, out, working
from pipelines.errors import ChurnError


def export(
    names: Annotated[list[str] | None, typer.Argument(help="Only these destinations; default: all.")] = None,
    as_of: AsOf = None,
    only: Annotated[list[str] | None, typer.Option("--list", help="Only these lists.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Even if the destination has the list already.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go where.")] = False,
) -> None:
    """Bring the published lists of a day to the destinations. Exit code 1 if one of them did not get its list."""
    from pipelines.destinations.delivering import deliver_all, deliveries, place_of, require_delivered
    from pipelines.destinations.listing import is_published
    from pipelines.lists import NAMES, enabled

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    for each in only or []:
        if each not in NAMES:
            raise ChurnError(f"no list {each}", f"choose among {', '.join(NAMES)}")
    if not config.destinations:
        raise ChurnError("there are no destinations", f"name them under destinations in {config.file}")
    if not any(is_published(config, each, day) for each in NAMES):
        raise ChurnError(
            f"no list of {day} is published", f"run: churn run --as-of {day}, or give a day that has lists: --as-of DAY"
        )
    wanted = deliveries(config, day, enabled(config), names or (), only or ())
    if not wanted:
        raise ChurnError(
            f"there is nothing to deliver for {day}: none of these destinations takes any of these lists",
            "choose other destinations or lists, see churn export --help",
        )
    if dry_run:
        for name, each in wanted:
            out.print(f"{name}: {each} of {day} to {place_of(config, name, each)}", highlight=False, soft_wrap=True,
                      markup=False)  # fmt: skip
        return
    with working("delivering"):
        receipts = deliver_all(
            config, day, enabled(config), names or (), only or (), again,
            say=lambda line: out.print(line, highlight=False, soft_wrap=True, markup=False),
        )  # fmt: skip
    require_delivered(receipts)
