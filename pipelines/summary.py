"""What a night came to, for a person at a terminal. Belongs here: wording of results, no work."""

from __future__ import annotations

from datetime import date
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from pipelines import champion, exports
from pipelines.config import Config
from pipelines.exports import Published
from pipelines.lists import AT_RISK, enabled
from pipelines.lists.choice import withheld


def print_summary(config: Config, as_of: date, out: Console) -> None:
    """The first rows of the at-risk list and what it promises, the other lists, how good the model is, where the UIs
    are."""
    published = {name: exports.published(config, name, as_of) for name in enabled(config)}
    at_risk = published.pop(AT_RISK, None)
    if at_risk is not None and not withheld(config, AT_RISK):
        _print_at_risk(config, at_risk, out)
    elif config.lists.of(AT_RISK).enabled:
        out.print(f"There is no list of accounts at risk: {escape(withheld(config, AT_RISK))}", soft_wrap=True)
    others = [f"{name} {each.manifest['rows']}" for name, each in published.items() if each]
    out.print(f"Lists: {', '.join(others) or 'no others'}, beside it in {config.path(config.exports)}",
              highlight=False, soft_wrap=True)  # fmt: skip
    present = champion.find(config)
    if present is not None:
        _print_model(present.model.card, present.version, out)
    out.print("UIs:   churn ui (or: make ui) starts Dagster on http://127.0.0.1:3000 and MLflow on "
              "http://127.0.0.1:5000", highlight=False, soft_wrap=True)  # fmt: skip


def _print_at_risk(config: Config, published: Published, out: Console) -> None:
    manifest, as_of = published.manifest, published.manifest["as_of"]
    out.print(f"At risk of leaving, as of {as_of}", style="bold", highlight=False)
    # a paragraph per account: a table of all this is not readable on a terminal of 80 columns
    for row in published.rows()[:5]:
        owner = f" · {_short(row['owner'])}" if row["owner"] else ""
        facts = f"{owner} · {row['mrr']:,.0f} {row['currency']} a month · {row['probability']:.0%}"
        name = _short(row["name"] or row["account_id"])
        out.print(Text.assemble(f"{row['rank']:>3}  ", (name, "bold"), facts))
        why = [reason["text"] for reason in row["reasons"][:1]]
        play = [f"play: {row['play']}"] if row["play"] else []
        out.print(Padding(Text("\n".join([*why, *play])), (0, 0, 0, 5), expand=False))
    promise = manifest["expected_leavers"]
    leaving = {"churn": "leave", "voluntary": "leave voluntarily", "involuntary": "leave involuntarily"}
    leave = leaving[manifest["probability_of"]]
    folder = exports.home(config, AT_RISK) / f"as_of={as_of}"
    out.print(
        f"List:  {manifest['rows']} of {manifest['eligible_accounts']:,} accounts in {folder}\n"
        f"       expected to {leave} within {config.outcome.window_days} days: {promise['value']:.1f} of them "
        f"(95 % {promise['low']:.0f} to {promise['high']:.0f}), with {manifest['expected_monthly_loss'] or 0:,.2f} "
        f"{manifest['currency']} a month; {manifest['held_out']} more are held out at random",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def _short(name: str) -> str:
    """A name from data on one line that it shares, without what a terminal would act on."""
    plain = " ".join("".join(each if each.isprintable() else " " for each in name).split())
    return plain if len(plain) <= 40 else f"{plain[:39]}…"


def _print_model(card: dict[str, Any], version: str, out: Console) -> None:
    quality = card["quality"]
    figures = {name: _interval(quality, name) for name in ("auc", "lift_10")}
    out.print(
        f"Model: version {version}, on {len(quality['dates'])} later dates ({quality['rows']:,} rows, "
        f"{quality['leavers']:,} leavers): AUC {figures['auc']}, lift at 10 % {figures['lift_10']}\n"
        f"       {card['verdict']}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def _interval(quality: dict[str, float], name: str) -> str:
    return f"{quality[name]:.2f} (95 % {quality[f'{name}_low']:.2f} to {quality[f'{name}_high']:.2f})"
