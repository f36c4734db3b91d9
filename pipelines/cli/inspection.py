"""The commands that show what is there: why an account has its score, what the configuration says, the web pages.

Belongs here: questions. Does not belong here: anything that makes a day's results (``stages``).
"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pipelines.cli.terminal import AsOf, config_of_choice, day_of_choice, out, say, working

config_app = typer.Typer(no_args_is_help=True, help="Look at the configuration.")


def explain(account: str, as_of: AsOf = None) -> None:
    """Why an account has the score it has, in its own numbers."""
    from pipelines.lists.explained import explain_account

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    with working("explaining"):
        found = explain_account(config, day, account)
    kinds = ""
    if found.voluntary is not None:
        kinds = f" (voluntarily {found.voluntary:.1%}, involuntarily {found.involuntary:.1%})"
    of = "" if config.lists.outcome == "churn" else f", {config.lists.outcome} departures only"
    out.print(f"[bold]{escape(account)}[/] as of {day}: probability of leaving {found.probability:.1%}{kinds}, "
              f"rank {found.rank} of {found.accounts:,} by expected loss{of}")  # fmt: skip
    table = Table("raises the risk", "weight (log-odds)", "theme")
    for reason in found.reasons:
        table.add_row(escape(reason["text"]), f"{reason['weight']:+.2f}", reason["theme"])
    out.print(table if found.reasons else "nothing that can be acted on raises its risk")


_RATES = {
    "active at start": ("active_at_start", "{:,}"),
    "left of them": ("churned_of_start", "{:,}"),
    "logo churn": ("logo_churn_rate", "{:.1%}"),
    "Stripe's churn rate": ("stripe_churn_rate", "{:.1%}"),
    "gross MRR churn": ("gross_mrr_churn_rate", "{:.1%}"),
    "net MRR churn": ("net_mrr_churn_rate", "{:.1%}"),
    "GRR": ("gross_revenue_retention", "{:.1%}"),
    "NRR": ("net_revenue_retention", "{:.1%}"),
    "payments made": ("payment_success_rate", "{:.1%}"),
}


def rates(
    as_of: AsOf = None, months: Annotated[int, typer.Option(min=1, help="How many months that are over.")] = 6
) -> None:
    """Churn rates and revenue retention of the company, month by month. docs/rates.md gives each formula."""
    from churn_features.sentences import word
    from pipelines.rates import monthly

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    found = monthly(config, day, months)
    table = Table("", *(f"{month.first:%Y-%m}{'' if month.final else '*'}" for month in found))
    for name, (column, form) in _RATES.items():
        values = [month.figures[column] for month in found]
        table.add_row(name, *("" if value is None else form.format(value) for value in values))
    arpu = [month.figures["arpu"] for month in found]
    table.add_row("ARPU", *("" if value is None else word(value, "money", config.currency) for value in arpu))
    out.print(f"{config.company}, as known on {day}", highlight=False, markup=False)
    out.print(table)
    if not all(month.final for month in found):
        out.print("* not final: a departure may still turn out to be a short gap", highlight=False)


def ui(
    port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000,
    mlflow_port: Annotated[int, typer.Option(help="Port of the MLflow UI.")] = 5000,
) -> None:
    """Start the Dagster web UI with its daemon, and the MLflow UI, on this machine only, until interrupted."""
    from pipelines.servers import serve

    serve(config_of_choice(), port, mlflow_port, say)


@config_app.command("check")
def config_check() -> None:
    """Read the configuration and say what it means; exit code 1 if it is not valid."""
    from pipelines.plays import plays
    from pipelines.sources import source_of
    from pipelines.triggers import triggers

    config = config_of_choice()
    rules, answers = triggers(config), plays(config)
    out.print(f"{config.file} is valid", highlight=False, soft_wrap=True)
    for table, source in source_of(config).items():
        out.print(f"  {table} from {source}", highlight=False)
    out.print(f"  {len(rules)} triggers and {len(answers)} plays", highlight=False)
    for name, path in (("lake", config.lake), ("exports", config.exports), ("state", config.state)):
        out.print(f"  {name}: {config.path(path)}", highlight=False, soft_wrap=True)
    for name, keys in config.destinations.items():
        gets = ", ".join(keys.lists) or "all lists"
        out.print(f"  {gets} to {name} ({keys.kind})", highlight=False, soft_wrap=True)
