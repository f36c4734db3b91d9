"""The commands of a night and of training: one per stage, and the whole of it.

Belongs here: ``run`` and its stages. Does not belong here: questions about what is there (``inspection``) and the
features, which have commands of their own (``features``).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

import typer
from rich.markup import escape

from pipelines.cli.lake import kept
from pipelines.cli.terminal import AsOf, config_of_choice, day_of_choice, err, out, say, working
from pipelines.config import Config
from pipelines.errors import ChurnError, NotDelivered


def run(
    as_of: AsOf = None,
    train_anew: Annotated[bool, typer.Option("--train", help="Train a challenger first, champion or not.")] = False,
) -> None:
    """The nightly job: land, check, compute features, score, publish the list. Trains first if there is no champion."""
    config = config_of_choice()
    day = day_of_choice(config, as_of)
    err.print(f"[bold]{escape(config.company)}[/], as of {day}")
    with kept(config):
        _night(config, day, train_anew)


def _night(config: Config, day: date, train_anew: bool) -> None:
    from pipelines import champion, nightly
    from pipelines.summary import print_summary

    trained, failed = False, None
    if train_anew or champion.find(config) is None:
        try:
            with working("training: landing, checking, fitting, comparing"):
                nightly.run_job(config, "training", day, say)
            trained = True
        except ChurnError as error:
            # the night goes on as it can, and the error is told in the end
            failed = error
    with working("nightly: scoring, publishing" if trained else "nightly: landing, checking, scoring, publishing"):
        try:
            nightly.run_job(config, "nightly", day, say, after_tables=trained)
        except NotDelivered as error:
            # what is published is shown all the same
            failed = failed or error
    print_summary(config, day, out)
    if failed:
        raise failed


def ingest(
    as_of: AsOf = None,
    table: Annotated[list[str] | None, typer.Option(help="Only these tables.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Read the sources even for a day after which others were accepted.")
    ] = False,
) -> None:
    """Land a day's rows from the sources. A day after which others were accepted keeps what it brought."""
    from pipelines.ingest import land
    from pipelines.sources import source_of

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    for name in _among(table, list(source_of(config)), "no source gives a table"):
        with working(f"landing {name}"):
            landed = land(config, day, name, again, say)
        out.print(f"{name}: {landed.rows:,} rows from {landed.source}", highlight=False)
        for change in landed.changes:
            out.print(f"  {change.level} {escape(str(change))}", highlight=False, soft_wrap=True)


def validate(
    as_of: AsOf = None, table: Annotated[list[str] | None, typer.Option(help="Only these tables.")] = None
) -> None:
    """Run the contracts on what was landed; publish or withhold each table. Exit code 1 if one is withheld."""
    from pipelines.sources import source_of
    from pipelines.tables import check

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    withheld = []
    for name in _among(table, list(source_of(config)), "no source gives a table"):
        with working(f"checking {name}"):
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


def train(as_of: AsOf = None) -> None:
    """Train a challenger on the landed tables and let it meet the champion on later dates."""
    from pipelines import training
    from pipelines.card import page

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    with working("training"):
        trained = training.train(config, day, progress=say)
    out.print(page(trained.card, trained.verdict), highlight=False, markup=False)
    out.print(f"version {trained.version}: {'promoted' if trained.verdict.promote else 'not promoted'}")


def score(as_of: AsOf = None) -> None:
    """Score all paying accounts with the champion."""
    from pipelines.scoring import score as score_day

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    with working("scoring"):
        rows = score_day(config, day)
    out.print(f"{rows:,} accounts", highlight=False)


def publish(
    as_of: AsOf = None,
    only: Annotated[list[str] | None, typer.Option("--list", help="Only these lists; default: all.")] = None,
) -> None:
    """Publish the lists of a scored day. Without a champion there is no at-risk list, and the others are published."""
    from pipelines.lists import enabled
    from pipelines.nightly import publish_list

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    for name in _among(only, enabled(config), "no list"):
        with working(f"publishing {name}"):
            published = publish_list(config, name, day)
        if isinstance(published, str):
            out.print(f"{name}: [red]withheld[/], {escape(published)}", highlight=False, soft_wrap=True)
        else:
            rows = published.manifest["rows"]
            out.print(f"{name}: {rows:,} rows in {published.folder}", highlight=False, soft_wrap=True)


def report(as_of: AsOf = None) -> None:
    """Write the page of a day: its lists, their accounts, what is at stake, promises kept, the company's rates."""
    from pipelines.report.write import FILE, write

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    with working("writing the report"):
        written = write(config, day)
    out.print(f"{written.folder / FILE}", highlight=False, soft_wrap=True)


def backfill(
    first: Annotated[str, typer.Option("--from", help="First day, as 2026-01-01.")],
    last: Annotated[str, typer.Option("--to", help="Last day.")],
) -> None:
    """Publish the lists of a range of days, one after the other, as nightly runs would have."""
    from pipelines import nightly

    config = config_of_choice()
    start, end = day_of_choice(config, first), day_of_choice(config, last)
    if start > end:
        raise ChurnError(f"--from {start} is after --to {end}", "swap them")
    failed: list[NotDelivered] = []
    for offset in range((end - start).days + 1):
        day = start + timedelta(days=offset)
        with working(f"{day}"):
            try:
                with kept(config):
                    published = nightly.run_stages(config, day)
            except NotDelivered as error:
                # the days after it are made all the same
                failed.append(error)
                out.print(f"{day}: published, not delivered everywhere", highlight=False)
                continue
        rows = ", ".join(f"{name} {each.manifest['rows']}" for name, each in published.items())
        out.print(f"{day}: {rows}", highlight=False)
    if failed:
        raise NotDelivered("; ".join(each.message for each in failed), "; ".join(each.remedy for each in failed))


def _among(chosen: list[str] | None, there: list[str], wrong: str) -> list[str]:
    for name in chosen or []:
        if name not in there:
            raise ChurnError(f"{wrong} {name}", f"choose among {', '.join(there)}")
    return [name for name in there if not chosen or name in chosen]
