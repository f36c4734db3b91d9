"""What a night came to, for a person at a terminal. Belongs here: wording of results, no work."""

from __future__ import annotations

import json
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines import champion, exports
from pipelines.config import Config


def print_summary(config: Config, as_of: date, out: Console) -> None:
    """Where the list is, its first rows, how good the model is, where the UIs are."""
    published = exports.published(config, as_of)
    present = champion.require(config)
    if published is None:
        return
    manifest, quality = published.manifest, present.model.card["quality"]
    table = Table("rank", "account", "owner", "MRR", "p", "why", title=f"At risk of leaving, as of {as_of}")
    for row in json.loads((published.folder / "at_risk.json").read_text("utf-8"))[:5]:
        why = row["reasons"][0]["text"] if row["reasons"] else ""
        name = row["name"] or row["account_id"]
        table.add_row(
            str(row["rank"]), escape(name), escape(row["owner"] or ""), f"{row['mrr']:,.0f} {row['currency']}",
            f"{row['probability']:.0%}", escape(why),
        )  # fmt: skip
    out.print(table)
    promise = manifest["expected_leavers"]
    leaving = {"churn": "leave", "voluntary": "leave voluntarily", "involuntary": "leave involuntarily"}
    leave = leaving[manifest["probability_of"]]
    out.print(
        f"List: {manifest['rows']} of {manifest['eligible_accounts']:,} accounts in {published.folder}\n"
        f"      expected to {leave} within {config.outcome.window_days} days: {promise['value']:.1f} of them "
        f"(95 % {promise['low']:.0f} to {promise['high']:.0f}), with {manifest['expected_monthly_loss']:,.2f} "
        f"{manifest['currency']} a month",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    figures = {name: _interval(quality, name) for name in ("auc", "lift_10")}
    out.print(
        f"Model: version {present.version}, on {len(quality['dates'])} later dates ({quality['rows']:,} rows, "
        f"{quality['leavers']:,} leavers): AUC {figures['auc']}, lift at 10 % {figures['lift_10']}\n"
        f"       {present.model.card['verdict']}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    out.print("UIs:   churn ui (or: make ui) starts Dagster on http://127.0.0.1:3000 and MLflow on "
              "http://127.0.0.1:5000", highlight=False, soft_wrap=True)  # fmt: skip


def _interval(quality: dict[str, float], name: str) -> str:
    return f"{quality[name]:.2f} (95 % {quality[f'{name}_low']:.2f} to {quality[f'{name}_high']:.2f})"
