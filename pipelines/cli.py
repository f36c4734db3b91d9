"""The ``churn`` command. It calls the functions that the Dagster assets call.

Belongs here: arguments, progress, what is printed. Does not belong here: work.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines import config as configuration
from pipelines.config import Config
from pipelines.errors import ChurnError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Who is about to leave, why, and what it would cost.",
)
config_app = typer.Typer(no_args_is_help=True, help="Look at the configuration.")
app.add_typer(config_app, name="config")

out, err = Console(), Console(stderr=True)


@dataclass
class _Chosen:
    file: Path | None = None


_chosen = _Chosen()


@app.callback()
def _options(
    file: Annotated[
        Path | None, typer.Option("--config", "-c", help="Configuration file; default: $CHURN_CONFIG or churn.yaml.")
    ] = None,
) -> None:
    _chosen.file = file


def _config() -> Config:
    return configuration.load(_chosen.file)


def _day(config: Config, text: str | None) -> date:
    if text is None:
        return config.last_day()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ChurnError(f"{text!r} is not a day", "write it as 2026-01-31") from error


AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="Day to run for, as 2026-01-31; default: the last day that is over (or has data)."),
]


@contextmanager
def _working(what: str) -> Iterator[None]:
    """Show that something is going on, on terminals; elsewhere one line."""
    if err.is_terminal:
        with err.status(what):
            yield
    else:
        err.print(what, highlight=False)
        yield


def _say(line: str) -> None:
    err.print(line, highlight=False, markup=False)


@app.command()
def run(
    as_of: AsOf = None,
    train_anew: Annotated[bool, typer.Option("--train", help="Train a challenger first, champion or not.")] = False,
) -> None:
    """The nightly job: land, check, compute features, score, publish the list. Trains first if there is no champion."""
    from pipelines import champion, nightly
    from pipelines.summary import print_summary

    config = _config()
    day = _day(config, as_of)
    err.print(f"[bold]{escape(config.company)}[/], as of {day}")
    only = None
    if train_anew or champion.find(config) is None:
        with _working("training: landing, checking, fitting, comparing"):
            nightly.run_job(config, "training", day, _say)
        champion.require(config)
        only = nightly.FROM_FEATURES_ON
    with _working("nightly: scoring, publishing" if only else "nightly: landing, checking, scoring, publishing"):
        nightly.run_job(config, "nightly", day, _say, only)
    print_summary(config, day, out)


@app.command()
def ingest(
    as_of: AsOf = None, table: Annotated[list[str] | None, typer.Option(help="Only these tables.")] = None
) -> None:
    """Land a day's rows from the sources."""
    from pipelines.ingest import land
    from pipelines.sources import source_of

    config = _config()
    day = _day(config, as_of)
    for name in _tables(table, list(source_of(config))):
        with _working(f"landing {name}"):
            landed = land(config, day, name)
        out.print(f"{name}: {landed.rows:,} rows from {landed.source}", highlight=False)


@app.command()
def validate(
    as_of: AsOf = None, table: Annotated[list[str] | None, typer.Option(help="Only these tables.")] = None
) -> None:
    """Run the contracts on what was landed; publish or withhold each table. Exit code 1 if one is withheld."""
    from pipelines.sources import source_of
    from pipelines.tables import check

    config = _config()
    day = _day(config, as_of)
    withheld = []
    for name in _tables(table, list(source_of(config))):
        with _working(f"checking {name}"):
            checked = check(config, day, name)
        state = "[green]published[/]" if checked.passed else "[red]withheld[/]"
        out.print(f"{name}: {state}, {checked.landed:,} landed = {checked.accepted:,} accepted + "
                  f"{checked.quarantined:,} quarantined", highlight=False)  # fmt: skip
        for rule in checked.rules:
            if rule.status != "passed":
                first = f", for example {rule.examples[0]['file']} row {rule.examples[0]['row']}: " \
                        f"{rule.examples[0]['reason']}" if rule.examples else ""  # fmt: skip
                text = f"{rule.bad_rows:,} rows{first}" if rule.bad_rows else rule.note or rule.status
                out.print(f"  {rule.level} {rule.rule}: {escape(text)}", highlight=False)
        if not checked.passed:
            withheld.append(name)
            out.print(f"  [red]withheld because[/] {escape(checked.withheld_because or '')}", highlight=False)
    if withheld:
        raise typer.Exit(1)


@app.command()
def features(as_of: AsOf = None) -> None:
    """Compute the features of all paying accounts."""
    from pipelines.features import compute

    config = _config()
    day = _day(config, as_of)
    with _working("computing features"):
        rows = compute(config, day)
    out.print(f"{rows:,} accounts", highlight=False)


@app.command()
def train(as_of: AsOf = None) -> None:
    """Train a challenger on the landed tables and let it meet the champion on later dates."""
    from pipelines import training
    from pipelines.tracking import page

    config = _config()
    day = _day(config, as_of)
    with _working("training"):
        trained = training.train(config, day, progress=_say)
    out.print(page(trained.card, trained.verdict), highlight=False, markup=False)
    out.print(f"version {trained.version}: {'promoted' if trained.verdict.promote else 'not promoted'}")


@app.command()
def score(as_of: AsOf = None) -> None:
    """Score all paying accounts with the champion."""
    from pipelines.scoring import score as score_day

    config = _config()
    day = _day(config, as_of)
    with _working("scoring"):
        rows = score_day(config, day)
    out.print(f"{rows:,} accounts", highlight=False)


@app.command()
def publish(as_of: AsOf = None) -> None:
    """Publish the at-risk list of a scored day."""
    from pipelines.exports import publish as publish_list
    from pipelines.lists import at_risk

    config = _config()
    day = _day(config, as_of)
    with _working("publishing"):
        published = publish_list(config, at_risk(config, day))
    out.print(f"{published.manifest['rows']} rows in {published.folder}", highlight=False, soft_wrap=True)


@app.command()
def backfill(
    first: Annotated[str, typer.Option("--from", help="First day, as 2026-01-01.")],
    last: Annotated[str, typer.Option("--to", help="Last day.")],
) -> None:
    """Publish the lists of a range of days, one after the other, as nightly runs would have."""
    from pipelines import nightly

    config = _config()
    start, end = _day(config, first), _day(config, last)
    if start > end:
        raise ChurnError(f"--from {start} is after --to {end}", "swap them")
    for offset in range((end - start).days + 1):
        day = start + timedelta(days=offset)
        with _working(f"{day}"):
            published = nightly.run_stages(config, day)
        out.print(f"{day}: {published.manifest['rows']} rows", highlight=False)


@app.command()
def explain(account: str, as_of: AsOf = None) -> None:
    """Why an account has the score it has, in its own numbers."""
    from pipelines.lists import explain_account

    config = _config()
    day = _day(config, as_of)
    with _working("explaining"):
        found = explain_account(config, day, account)
    out.print(f"[bold]{escape(account)}[/] as of {day}: probability of leaving {found.probability:.1%}, "
              f"rank {found.rank} of {found.accounts:,} by {config.lists.rank_by}")  # fmt: skip
    table = Table("raises the risk", "weight (log-odds)", "theme")
    for reason in found.reasons:
        table.add_row(escape(reason["text"]), f"{reason['weight']:+.2f}", reason["theme"])
    out.print(table if found.reasons else "nothing that can be acted on raises its risk")


@config_app.command("check")
def config_check() -> None:
    """Read the configuration and say what it means; exit code 1 if it is not valid."""
    from pipelines.sources import source_of

    config = _config()
    out.print(f"{config.file} is valid", highlight=False, soft_wrap=True)
    for table, source in source_of(config).items():
        out.print(f"  {table} from {source}", highlight=False)
    for name, path in (("lake", config.lake), ("exports", config.exports), ("state", config.state)):
        out.print(f"  {name}: {config.path(path)}", highlight=False, soft_wrap=True)


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000,
    mlflow_port: Annotated[int, typer.Option(help="Port of the MLflow UI.")] = 5000,
) -> None:
    """Start the Dagster web UI with its daemon, and the MLflow UI, on this machine only, until interrupted."""
    from pipelines.servers import serve

    serve(_config(), port, mlflow_port, _say)


def _tables(chosen: list[str] | None, there: list[str]) -> list[str]:
    for name in chosen or []:
        if name not in there:
            raise ChurnError(f"no source gives a table {name}", f"choose among {', '.join(there)}")
    return [name for name in there if not chosen or name in chosen]


def main() -> None:
    """Run the command; what a user can repair is told in two lines and ends with exit code 1."""
    try:
        app()
    except ChurnError as error:
        err.print(f"[red]Error:[/] {escape(error.message)}", highlight=False, soft_wrap=True)
        err.print(f"[yellow]Remedy:[/] {escape(error.remedy)}", highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
