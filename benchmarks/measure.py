"""What a piece of work takes: a process of its own from start to end, or a call within one.

Belongs here: CPU seconds and peak memory. Does not belong here: what is measured. This module imports nothing heavy: a
child begins with its parent's memory on its account.

CPU is user + system time of the whole process, from its resource usage: it holds on a machine that is shared, where
wall time does not.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    part: str
    step: str
    cpu_seconds: float
    peak_mib: float


def cost_table(costs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines of a Markdown table; each of ``costs`` has the fields of a ``Cost``."""
    return [
        "| part | process | CPU s | peak MiB |",
        "|---|---|---:|---:|",
        *(f"| {c['part']} | {c['step']} | {c['cpu_seconds']:.2f} | {c['peak_mib']:,.0f} |" for c in costs),
    ]


def peak_bytes(used: resource.struct_rusage) -> int:
    """Most memory that a process held, from its resource usage."""
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measured(part: str, step: str, arguments: tuple[object, ...], python: str = sys.executable) -> tuple[Cost, str]:
    """Run Python with ``arguments`` to its end; its cost and what it printed. Exits with it if it fails."""
    sys.stderr.write(f"{part}: {step}\n")
    # its own store for Dagster, and a cache of compiled modules, whatever this shell is set up for
    other = ("DAGSTER_", "CHURN_", "PYTHONDONTWRITEBYTECODE")
    env = {name: value for name, value in os.environ.items() if not name.startswith(other)}
    command = [python, *(str(argument) for argument in arguments)]
    with subprocess.Popen(command, cwd=HOUSE, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{step} failed with exit code {process.returncode}")
    mib = peak_bytes(used) / 2**20
    return Cost(part, step, round(used.ru_utime + used.ru_stime, 2), round(mib, 1)), said


def least_cpu(*works: Callable[[], object], times: int = 5) -> list[float]:
    """Least CPU seconds of this process, all threads, over some calls of each work, taken in turns: what else runs on
    the machine weighs on all of them."""
    least = [float("inf")] * len(works)
    for _ in range(times):
        for number, work in enumerate(works):
            before = time.process_time()
            work()
            least[number] = min(least[number], time.process_time() - before)
    return least
