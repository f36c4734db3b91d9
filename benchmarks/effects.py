"""Whether the effect of outreach is found, and whether ranking by expected value saves more than by probability.

    python -m benchmarks.effects

Belongs here: both questions, put to a company whose answers are known. Does not belong here: the company
(``responding``).

The loop: every week the riskiest accounts that were never on the list come onto it, a part of them is held out, each
gets a play at random, and nine of ten that are listed are contacted. One play helps, one harms, one does nothing. The
contacts are then rows of outreach in the company's tables, which are landed and checked, and the private records files
in the lake; the effect is that of ``churn effect``. What is true of it is known from each account's two fates, with
and without its contact.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import HOUSE
from benchmarks.responding import Contact, Responding, account_id, contact_table, free, guessed
from models.effect import Effect, effect
from models.metrics import Interval, interval, resample
from models.value import expected_value
from pipelines.config import Config, load
from pipelines.sources.company import Company

PLAYS = {"training": 0.1, "discount": 4.0, "check_in": 1.0}
"""What each multiplies the hazard of leaving by."""

DAYS, WINDOW, NOISE, COMPLIANCE = 45, 30, 0.7, 0.9
LIST = "at_risk"
FOLDER = HOUSE / "build" / "benchmark" / "effects"

_CONFIG = """\
company: Responding company
time_zone: Europe/Berlin
history_start: {start}
sources:
  demo:
    kind: demo
    accounts: {accounts}
    start: {start}
    months: {months}
    seed: {seed}
    contacts: contacts.parquet
    effects: {{{effects}}}
    effect_days: {days}
engine: {{memory_limit: 1GB}}
"""


@dataclass(frozen=True)
class Entry:
    """An account that came onto the list or into its holdout, with the contact that it got or would have got."""

    account: int
    day: int
    play: str
    listed: bool
    contact: Contact | None


@dataclass(frozen=True)
class Found:
    """A play: what is true of it (the average difference that listing makes to those listed, in churn within the
    window), what was estimated, and whether sign and value were found."""

    play: str
    planted: float
    effect: Effect

    @property
    def covered(self) -> bool:
        return self.effect.difference.low <= self.planted <= self.effect.difference.high

    @property
    def sign_found(self) -> bool:
        """The interval lies on the planted side of 0, or holds 0 where the play does nothing."""
        low, high = self.effect.difference.low, self.effect.difference.high
        side = PLAYS[self.play] - 1
        return bool(low > 0 if side > 0 else high < 0 if side < 0 else low <= 0 <= high)


def played(responding: Responding, capacity: int, holdout: float, seed: int) -> list[Entry]:
    """The loop: the entries of every week, of accounts that have not been on the list before."""
    rng, entries, world = np.random.default_rng(seed), [], responding.untouched
    seen = np.zeros(responding.company.accounts, bool)
    for day in responding.sundays[(responding.sundays >= 14) & (responding.sundays < responding.company.days - 38)]:
        there = free(world, day)
        there = there[~seen[there]]
        score = guessed(world.p[there, day], NOISE, rng)
        for who in there[np.argsort(-score, kind="stable")[:capacity]].tolist():
            play = str(rng.choice(sorted(PLAYS)))
            listed, reached = bool(rng.random() >= holdout), bool(rng.random() < COMPLIANCE)
            contact = (who, int(day) + 1 + int(rng.integers(0, 2)), play, int(day)) if reached else None
            entries.append(Entry(who, int(day), play, listed, contact))
            seen[who] = True
    return entries


def planted(responding: Responding, entries: list[Entry]) -> dict[str, float]:
    """By play the true effect of being listed: every entry's churn if it is listed less that if it is not."""
    who, day = (np.array([getattr(entry, name) for entry in entries]) for name in ("account", "day"))
    listed = responding.world([entry.contact for entry in entries if entry.contact])
    change = listed.left(who, day, WINDOW).astype(float) - responding.untouched.left(who, day, WINDOW)
    play = np.array([entry.play for entry in entries])
    return {each: float(change[play == each].mean()) for each in PLAYS}


def configured(responding: Responding, entries: list[Entry], folder: Path) -> Config:
    """The configuration of the company that was contacted, with its contacts in a file."""
    import pyarrow.parquet as pq

    company = responding.company
    folder.mkdir(parents=True, exist_ok=True)
    done = [entry.contact for entry in entries if entry.listed and entry.contact]
    pq.write_table(contact_table(company, done), folder / "contacts.parquet")
    effects = ", ".join(f"{play}: {factor}" for play, factor in responding.effects.items())
    text = _CONFIG.format(start=company.start, accounts=company.accounts, months=company.months, seed=company.seed,
                          effects=effects, days=responding.days)  # fmt: skip
    (folder / "churn.yaml").write_text(text, "utf-8")
    return load(folder / "churn.yaml")


def estimated(responding: Responding, entries: list[Entry], folder: Path) -> list[Effect]:
    """The effects by list and play as ``churn effect`` finds them: from tables, outreach and records in a lake."""
    from pipelines import ingest, tables
    from pipelines.effects.report import measure
    from pipelines.lists.record import write_record

    config = configured(responding, entries, folder)
    as_of = responding.day(responding.company.days - 1)
    for name in ("accounts", "subscriptions", "subscription_changes", "outreach"):
        ingest.land(config, as_of, name)
        tables.check(config, as_of, name)
    mrr = responding.untouched.mrr
    for day in sorted({entry.day for entry in entries}):
        rows = [
            {"account_id": account_id(entry.account), "arm": "listed" if entry.listed else "holdout", "rank": None,
             "since": responding.day(entry.day), "probability": None, "mrr": int(mrr[entry.account]),
             "expected_value": None, "attention": "human", "play": entry.play, "trigger": None,
             "stratum": f"human, {entry.play}", "model_version": None}
            for entry in entries if entry.day == day
        ]  # fmt: skip
        write_record(config, LIST, responding.day(day), pd.DataFrame(rows))
    return measure(config, as_of, LIST)[0]


def experiment(company: Company, folder: Path, capacity: int = 100, holdout: float = 0.4, seed: int = 1) -> list[Found]:
    """The loop and what is found of it, by play."""
    responding = Responding(company, PLAYS, DAYS)
    entries = played(responding, capacity, holdout, seed)
    truth = planted(responding, entries)
    return [Found(each.play, truth[each.play], each) for each in estimated(responding, entries, folder) if each.play]


def repeated(company: Company, capacity: int, holdout: float, draws: int) -> tuple[int, int]:
    """The loop with other draws of arms, plays and guesses: in how many of them all planted values were covered, and
    all signs found. One in twenty is to miss a value by chance; this shows that it is no more."""
    responding = Responding(company, PLAYS, DAYS)
    found = []
    for seed in range(2, 2 + draws):
        entries = played(responding, capacity, holdout, seed)
        truth = planted(responding, entries)
        done = responding.world([each.contact for each in entries if each.listed and each.contact])
        who, day = (np.array([getattr(entry, name) for entry in entries]) for name in ("account", "day"))
        rows = pd.DataFrame(
            {
                "account_id": who, "listed": [each.listed for each in entries],
                "churned": done.left(who, day, WINDOW), "play": [each.play for each in entries],
                "contacted": [each.listed and each.contact is not None for each in entries],
            }
        ).assign(list=LIST, stratum="human", mrr=responding.untouched.mrr[who])  # fmt: skip
        effects = {play: effect(rows[rows["play"] == play], play=play, compared=len(PLAYS)) for play in PLAYS}
        found.append([Found(play, truth[play], each) for play, each in effects.items()])
    covered = sum(all(each.covered for each in draw) for draw in found)
    return covered, sum(all(each.sign_found for each in draw) for draw in found)


@dataclass(frozen=True)
class Saved:
    """MRR in minor units that a ranking saved: of accounts that would have left and pay at the end of the records."""

    by_value: Interval
    by_probability: Interval
    difference: Interval
    contacts: dict[str, int]


TERMS = {"months": 12.0, "chance": 0.3, "incentive_share": 0.0, "cost": 2_000.0}
"""Of the contact in the simulation of rankings; ``expected_value`` takes them."""


def saved(companies: list[Company], capacity: int, seed: int = 1, resamples: int = 500) -> Saved:
    """What both rankings save with the same capacity a week and the same play, which helps; intervals by account."""
    changes: dict[str, list[np.ndarray]] = {"value": [], "probability": []}
    made = dict.fromkeys(changes, 0)
    for company in companies:
        responding = Responding(company, {"training": PLAYS["training"]}, DAYS)
        without = responding.untouched
        for ranking, change in changes.items():
            contacts = _contacted(responding, ranking, capacity, seed)
            world = responding.world(contacts)
            last = company.days - 1
            stays = (world.ended > last).astype(float) - (without.ended > last)
            change.append(stays * without.mrr)
            made[ranking] += len(contacts)
    by_value, by_probability = (np.concatenate(changes[name]) for name in ("value", "probability"))
    figures = (by_value, by_probability, by_value - by_probability)
    drawn = np.array([[each @ draw for each in figures] for draw in resample(len(by_value), seed, resamples)])
    found = [interval(float(each.sum()), drawn[:, at]) for at, each in enumerate(figures)]
    return Saved(*found, made)


def _contacted(responding: Responding, ranking: str, capacity: int, seed: int) -> list[Contact]:
    """Contacts with the first of each week's ranking, nobody twice, by the same guesses for both rankings."""
    contacts: list[Contact] = []
    world, done = responding.untouched, np.zeros(responding.company.accounts, bool)
    for day in responding.sundays[(responding.sundays >= 14) & (responding.sundays < responding.company.days - 1)]:
        p = guessed(np.nan_to_num(world.p[:, day]), NOISE, np.random.default_rng([seed, int(day)]))
        there = free(world, day)
        there = there[~done[there]]
        order = expected_value(p[there], world.mrr[there], **TERMS) if ranking == "value" else p[there]
        chosen = there[np.argsort(-order, kind="stable")[:capacity]]
        done[chosen] = True
        contacts += [(who, int(day) + 1, "training", int(day)) for who in chosen.tolist()]
    return contacts


def lines_of(found: list[Found], money: Saved) -> list[str]:
    """Both results as tables in Markdown."""
    head = [
        "| play | multiplies the hazard by | listed | held out | planted | found (95 %) | sign | covered |",
        "|---|---:|---:|---:|---:|---:|---|---|",
    ]
    rows = [
        f"| {each.play} | {PLAYS[each.play]:g} | {each.effect.listed.entries:,} | {each.effect.holdout.entries:,} | "
        f"{each.planted * 100:+.1f} | {_points(each.effect.difference)} | {'yes' if each.sign_found else '**no**'} | "
        f"{'yes' if each.covered else '**no**'} |"
        for each in found
    ]
    amounts = [
        f"| {name} | {value.value / 100:,.0f} | {value.low / 100:,.0f} to {value.high / 100:,.0f} |"
        for name, value in (
            ("by expected value", money.by_value), ("by probability", money.by_probability),
            ("difference", money.difference),
        )
    ]  # fmt: skip
    return [*head, *rows, "", "| ranking | MRR saved | 95 % |", "|---|---:|---:|", *amounts]


def _points(found: Interval) -> str:
    return f"{found.value * 100:+.1f} ({found.low * 100:+.1f} to {found.high * 100:+.1f})"


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.effects", description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=10_000, help="accounts of the company (default: 10000)")
    parser.add_argument("--months", type=int, default=18, help="months of its records (default: 18)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the company (default: 7)")
    parser.add_argument("--capacity", type=int, default=100, help="entries a week (default: 100)")
    parser.add_argument("--holdout", type=float, default=0.4, help="share that is held out (default: 0.4)")
    parser.add_argument("--companies", type=int, default=4, help="companies in the simulation of rankings (default: 4)")
    parser.add_argument("--draws", type=int, default=20, help="further draws of the arms (default: 20)")
    parser.add_argument("--folder", type=Path, default=FOLDER,
                        help="where the lake is made (default: build/benchmark/effects)")  # fmt: skip
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    chosen = parser.parse_args(arguments)
    company = Company(accounts=chosen.accounts, months=chosen.months, seed=chosen.seed)
    found = experiment(company, chosen.folder.resolve(), chosen.capacity, chosen.holdout)
    others = [replace(company, seed=company.seed + n) for n in range(chosen.companies)]
    money = saved(others, max(1, chosen.accounts // 400))
    print("\n".join(lines_of(found, money)))
    covered, signs = repeated(company, chosen.capacity, chosen.holdout, chosen.draws)
    print(f"\nOf {chosen.draws} other draws all planted values are covered in {covered}, all signs found in {signs}.")
    if chosen.json:
        chosen.json.write_text(json.dumps(facts(found, money), indent=2) + "\n", "utf-8")


def facts(found: list[Found], money: Saved) -> dict[str, Any]:
    """Both results as plain values."""
    plays = [{"planted": each.planted, "covered": each.covered, "sign_found": each.sign_found, **each.effect.as_dict()}
             for each in found]  # fmt: skip
    return {"plays": plays, "saved": asdict(money)}


if __name__ == "__main__":
    main()
