"""The peers that the feature statement is measured against: naive pandas, and Featuretools in its own environment.

Belongs here: running them on the same files, and what is promised. Does not belong here: what they compute (``naive``,
``featuretools_panel``).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import HOUSE, measured

if TYPE_CHECKING:
    from benchmarks.features import Run

ENVIRONMENT = HOUSE / "build" / "featuretools"
REQUIREMENTS = HOUSE / "benchmarks" / "featuretools.txt"


def naive(run: Run) -> None:
    """The reference in pandas against what the night does for the same features, all there are, which must agree."""
    file = run.scratch / "naive.parquet"
    told = run.step("facts")
    arguments = ("-m", "benchmarks.naive", told["lake"], told["as_of"], told["zone"], json.dumps(told["roles"]), file)
    theirs, _ = measured("rivals", "naive pandas", arguments)
    run.note(theirs)
    ours = "the same features as naive pandas"
    run.cost(ours, "one_date")
    agreed = run.step("agreement", file)
    if agreed["differing"]:
        sys.exit(f"naive pandas and the statement differ in {', '.join(agreed['differing'])}")
    mine = run.of(ours)
    name = f"naive pandas / the same {agreed['columns'] - 1} features, equal values"
    run.figure(f"{name}, CPU", theirs.cpu_seconds / mine.cpu_seconds, least=5, accounts=100_000)
    run.figure(f"{name}, peak memory", theirs.peak_mib / mine.peak_mib, least=5, accounts=100_000)


def featuretools(run: Run) -> None:
    """Featuretools at the cutoff times of the panel's rows, against the panel with all our features."""
    python = _environment()
    if python is None:
        sys.stderr.write("Featuretools cannot be installed here: its figures are left out\n")
        return
    told, file = run.step("facts"), run.scratch / "featuretools.parquet"
    script = HOUSE / "benchmarks" / "featuretools_panel.py"
    panel = run.scratch / "panel.parquet"
    arguments = (script, told["lake"], panel, told["zone"], json.dumps(told["roles"]), file)
    theirs, said = measured("rivals", "Featuretools, 12 dates", arguments, python=str(python))
    run.note(theirs)
    computed, ours = json.loads(said.splitlines()[-1]), run.of("12 dates")
    name = f"Featuretools with {computed['features']} features / all of ours, 12 dates"
    run.figure(f"{name}, CPU", theirs.cpu_seconds / ours.cpu_seconds, least=40, accounts=10_000)
    run.figure(f"{name}, peak memory", theirs.peak_mib / ours.peak_mib)


def _environment() -> Path | None:
    """Python of the environment of Featuretools, made unless it is there; None if that cannot be done."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp, python = ENVIRONMENT / "made-from", ENVIRONMENT / "bin" / "python"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return python
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    for command in (
        [sys.executable, "-m", "venv", ENVIRONMENT],
        [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--requirement", REQUIREMENTS],
    ):
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
            return None
    stamp.write_text(wanted, "utf-8")
    return python


RIVALS: dict[str, Callable[[Run], None]] = {"naive": naive, "featuretools": featuretools}


class AllUnlessNamed(argparse.Action):
    """An option that means all of its choices where it is given without any."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, list(values or self.choices or ()))
