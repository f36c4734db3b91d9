"""The ``churn`` command. It calls the functions that the Dagster assets call.

Belongs here: arguments, progress, what is printed, a module per subject. Does not belong here: work.
"""

from __future__ import annotations

import sys

import typer
from rich.markup import escape

from pipelines.cli import champion, effects, export, features, inspection, lake, outreach, proof, readiness, stages
from pipelines.cli.terminal import err, options
from pipelines.errors import ChurnError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Who is about to leave, why, and what it would cost.",
)
app.callback()(options)
for command in (
    stages.run, stages.ingest, stages.validate, stages.train, stages.score, stages.publish, stages.report,
    stages.backfill, export.export, inspection.explain, inspection.rates, readiness.ready, inspection.ui,
    proof.prove_no_leakage, outreach.triggers, outreach.plays,
    effects.effect, effects.record,
):  # fmt: skip
    app.command()(command)
app.add_typer(features.app, name="features")
app.add_typer(champion.app, name="champion")
app.add_typer(lake.app, name="lake")
app.add_typer(inspection.config_app, name="config")


def main() -> None:
    """Run the command; what a user can repair is told in two lines and ends with exit code 1."""
    try:
        app()
    except ChurnError as error:
        err.print(f"[red]Error:[/] {escape(error.message)}", highlight=False, soft_wrap=True)
        err.print(f"[yellow]Remedy:[/] {escape(error.remedy)}", highlight=False, soft_wrap=True)
        sys.exit(1)
