"""``churn champion``: say which model scores, and go back to an earlier one.

Belongs here: how a champion is shown on a terminal. Does not belong here: what makes one (``stages.train``).
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.terminal import config_of_choice, out, working

app = typer.Typer(no_args_is_help=True, help="The model that scores: show it, go back to an earlier one.")


@app.command()
def show() -> None:
    """The champion: version, kind of model, what it was trained on, AUC, verdict."""
    from models.metrics import Interval
    from models.model import KINDS, kind_of
    from pipelines import champion

    config = config_of_choice()
    present = champion.require(config)
    card = present.model.card
    quality = card["quality"]
    auc = Interval(*(quality[f"auc{end}"] for end in ("", "_low", "_high")))
    different = champion.difference(config, present)
    for name, text in (
        ("version", present.version),
        ("model", KINDS[kind_of(card)]),
        ("trained on", f"data to the end of {card['as_of']}"),
        ("AUC", f"{auc}, on {quality['rows']:,} rows of {len(quality['dates'])} later dates"),
        ("verdict", card["verdict"]),
        ("cannot score", different and f"it {different}"),
    ):
        if text:
            out.print(f"{name + ':':<14}{text}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def rollback(
    to: Annotated[
        str | None,
        typer.Option(help="A version that was champion; default: the last one before the present champion."),
    ] = None,
) -> None:
    """Make an earlier champion the one that scores, in the registry and on disk."""
    from pipelines.rollback import roll_back

    config = config_of_choice()
    with working("rolling back"):
        earlier = roll_back(config, to)
    out.print(
        f"version {earlier.version}, trained on data to the end of {earlier.model.card['as_of']}, is champion again",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip
