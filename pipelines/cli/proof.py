"""``churn prove-no-leakage``: the proof, run and told.

Belongs here: how its findings are shown. Does not belong here: the proof (``pipelines.leakage``).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from pipelines.cli.terminal import AsOf, config_of_choice, day_of_choice, out, say
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import write_json

if TYPE_CHECKING:
    from pipelines.leakage.overwritten import Overwritten
    from pipelines.leakage.proof import Proof
    from pipelines.leakage.single import Columns

_SHOWN = 5


def prove_no_leakage(
    as_of: AsOf = None,
    at: Annotated[
        list[str] | None,
        typer.Option("--date", help="Prove it for features of this date; repeatable; default: three training dates."),
    ] = None,
    each: Annotated[bool, typer.Option("--all", help="Print the verdict and the AUC of every feature.")] = False,
    columns: Annotated[
        bool, typer.Option(help="Also measure what each feature is worth by itself; computes the day's training panel.")
    ] = True,
    json: Annotated[Path | None, typer.Option(help="Also write everything to this file.")] = None,
) -> None:
    """Prove on your own data that features know nothing of the future. Exit code 1 if one does.

    Rows after a date are deleted, scrambled and added in one table after the other, and the features of the date must
    come out byte for byte the same. Columns that the source overwrote between landings, and features that are too good
    by themselves, are named: what was rewritten in the source before it was first landed shows in no other way.
    """
    from pipelines.leakage.overwritten import landings, overwritten
    from pipelines.leakage.proof import prove
    from pipelines.leakage.single import single_columns

    config = config_of_choice()
    day = day_of_choice(config, as_of)
    proof = prove(config, day, [day_of_choice(config, text) for text in at or ()], say)
    rewritten, compared = overwritten(config, day), landings(config)
    alone = _alone(single_columns, config, day) if columns else None
    _print_proof(proof)
    _print_overwritten(rewritten, compared)
    if alone:
        _print_columns(alone, each)
    if each:
        _print_features(proof, alone)
    passed = proof.passed and not rewritten and not (alone and alone.too_good)
    if json:
        write_json(json, _as_dict(day, passed, proof, rewritten, alone))
    if not passed:
        raise typer.Exit(1)


def _alone(measure: Any, config: Config, day: date) -> Columns | None:
    try:
        return measure(config, day, say)
    except ChurnError as error:
        say(f"no feature was measured by itself: {error.message}")
        return None


def _print_proof(proof: Proof) -> None:
    table = Table(
        "table", "rows after the dates", "deleted", "scrambled", "added", title="Another future, table by table"
    )
    for name in proof.tables:
        trials = proof.of_table(name)
        later = sum(trial.later_rows for trial in trials if trial.way == "delete")
        verdicts = []
        for way in ("delete", "scramble", "append"):
            changed = {leak.feature for trial in trials if trial.way == way for leak in trial.leaks}
            moved = sum(trial.came_and_went for trial in trials if trial.way == way)
            told = [f"{len(changed)} features changed"] * bool(changed) + [f"{moved} accounts came or went"] * bool(
                moved
            )
            verdicts.append(f"[red]{', '.join(told)}[/]" if told else "[green]same[/]")
        table.add_row(name, f"{later:,}", *verdicts)
    out.print(table)
    accounts = max(trial.accounts for trial in proof.trials)
    dates = ", ".join(map(str, proof.dates))
    clean = len(proof.features) - len(set(proof.leaking()) & set(proof.features))
    _line(
        f"{clean} of {len(proof.features)} features of up to {accounts:,} accounts on {dates} are byte for byte the "
        f"same in all {len(proof.trials)} trials"
    )
    shown = set()
    for trial in proof.trials:
        for leak in trial.leaks:
            if (leak.feature, trial.table) not in shown:
                shown.add((leak.feature, trial.table))
                _line(
                    f"  LEAK {leak.feature} reads the future of {trial.table}: on {trial.as_of}, {leak.accounts:,} "
                    f"accounts changed ({trial.way}), for example {leak.example}: {leak.before} became {leak.after}"
                )


def _print_overwritten(rewritten: tuple[Overwritten, ...], compared: int) -> None:
    if not rewritten:
        few = " (one landing has nothing to compare with: the next nights tell)" if compared < 2 else ""
        _line(f"no column that is final by the contract was overwritten in {compared} landings{few}")
    for each in rewritten:
        _line(
            f"  OVERWRITTEN {each.table}.{each.column} is final by the contract, but {each.rows:,} rows changed "
            f"between landings, for example {each.key}: {each.before} became {each.after}. Remedy: {each.remedy}"
        )


def _print_columns(alone: Columns, each: bool) -> None:
    _line(f"each feature by itself on {alone.rows:,} matured rows, {alone.leavers:,} of them leaving (ROC AUC):")
    for quality in alone.qualities[:_SHOWN] if not each else ():
        _line(f"  {quality.name}: {quality.auc}")
    for quality in alone.too_good:
        _line(f"  TOO GOOD {quality.name}: {quality.auc}: look where its column comes from, and when it is written")
    if not alone.too_good:
        _line("none is too good to be true")
    _line(
        "for scale, in one trial: an honest model of many features 0.66, with 7 days of look-ahead 0.77, the final end "
        "date alone 1.00"
    )


def _print_features(proof: Proof, alone: Columns | None) -> None:
    leaking = proof.leaking()
    auc = {quality.name: quality.auc for quality in alone.qualities} if alone else {}
    table = Table("feature", "knows the future of", "ROC AUC by itself")
    for name in proof.features:
        table.add_row(name, ", ".join(leaking.get(name, ["nothing"])), str(auc.get(name, "")))
    out.print(table)


def _as_dict(
    day: date, passed: bool, proof: Proof, rewritten: tuple[Overwritten, ...], alone: Columns | None
) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "as_of": str(day),
        "passed": passed,
        "dates": [str(each) for each in proof.dates],
        "trials": [asdict(trial) for trial in proof.trials],
        "overwritten": [asdict(each) for each in rewritten],
        "single_columns": [asdict(quality) for quality in alone.qualities] if alone else None,
    }


def _line(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)
