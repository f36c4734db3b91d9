"""``churn features``: compute them, list them, say what one of them is.

Belongs here: how features are shown on a terminal. Does not belong here: what is said of them (``describing``).
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer

from pipelines.cli.terminal import AsOf, config_of_choice, day_of_choice, out, working
from pipelines.errors import ChurnError

app = typer.Typer(invoke_without_command=True)


@app.callback()
def compute(context: typer.Context, as_of: AsOf = None) -> None:
    """Compute the features of all paying accounts; or list and describe them."""
    if context.invoked_subcommand is not None:
        return
    from pipelines.features import compute as compute_features

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    with working("computing features"):
        rows = compute_features(config, day)
    out.print(f"{rows:,} accounts", highlight=False)


@app.command("list")
def list_(theme: Annotated[str | None, typer.Option(help="Only features of this theme.")] = None) -> None:
    """All features by theme: name, unit, what it is."""
    from churn_features.catalogue import FEATURES
    from churn_features.describing import summary

    themes = list(dict.fromkeys(feature.theme for feature in FEATURES))
    if theme is not None and theme not in themes:
        raise ChurnError(f"there is no theme {theme!r}", f"choose among {', '.join(themes)}")
    widest = max(len(feature.name) for feature in FEATURES)
    for each in themes if theme is None else [theme]:
        _print(each)
        for feature in FEATURES:
            if feature.theme == each:
                _print(f"  {feature.name:<{widest}}  {feature.unit:<8}  {summary(feature)}")


@app.command()
def describe(name: Annotated[str, typer.Argument(help="The feature's name, as in the lists and on the page.")]) -> None:
    """What a feature is: definition, tables, when it is missing, the sentence people read, a runnable example."""
    from churn_features.catalogue import BY_NAME
    from churn_features.describing import definition, facts

    if name not in BY_NAME:
        close = get_close_matches(name, BY_NAME, n=3) or [each for each in BY_NAME if name and name in each][:3]
        meant = f"did you mean {' or '.join(close)}? " if close else ""
        raise ChurnError(f"there is no feature {name!r}", f"{meant}churn features list names them all")
    feature = BY_NAME[name]
    _print(name)
    _print("\n" + definition(feature) + "\n")
    for heading, text in facts(feature).items():
        _print(f"{heading:<16}{text}")
    _print("\n>>> from pipelines.example import known")
    _print(feature.example)


def _print(line: str) -> None:
    out.print(line, highlight=False, markup=False, soft_wrap=True)
