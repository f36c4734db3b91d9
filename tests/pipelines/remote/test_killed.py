"""``churn lake push`` and ``pull`` killed at random moments: the home has the old generation or the new one, whole, and
the next attempt finishes the work without a word of conflict."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

KILLS = 30


def work(machine: Any, number: int) -> None:
    """What a night changes: a file of all days, new ones, one that goes."""
    machine.write("lake/rows.parquet", f"rows {number}".encode() * 1000)
    machine.write(f"lake/features/{number}.parquet", f"features {number}".encode())
    machine.write("state/champion.json", f"model {number // 5}".encode())
    if number:
        machine.remove(f"lake/features/{number - 1}.parquet")


@pytest.mark.process
def test_no_kill_leaves_half_a_generation(machine: Any, home: Any, killable: Callable[[str], Any]) -> None:
    commands = killable(
        "boto3.s3.transfer, botocore.config, pyarrow.fs, pipelines.remote.pulling, pipelines.remote.pushing"
    )

    def killed_by(who: Any, command: str, kill_after: float | None = None) -> bool:
        status = commands.run("-c", who.config.file, "lake", command, kill_after=kill_after)
        assert status in (0, signal.SIGKILL)
        return bool(status)

    one, other = machine("one"), machine("other")
    for command in ("push", "pull"):
        killed_by(one, command)
    took = {}
    for number in range(2):
        work(one, number)
        for who, command in ((one, "push"), (other, "pull")):
            began = time.monotonic()
            killed_by(who, command)
            took[command] = time.monotonic() - began
    rng, number, killed = random.Random(3), 1, {"push": 0, "pull": 0}
    outcomes = set()
    while sum(killed.values()) < KILLS:
        number += 1
        assert number < 4 * KILLS
        before, generations = other.holds(), home.generations()
        work(one, number)
        after = one.holds()
        if killed_by(one, "push", rng.uniform(0.2, 0.9) * took["push"]):
            killed["push"] += 1
            new = home.generations() != generations
            outcomes.add(new)
            assert home.holds(max(home.generations())) == (after if new else before)
            if number % 4 == 0:
                one.pull()
                assert one.holds() == after
            killed_by(one, "push")
        assert home.holds(max(home.generations())) == after
        if killed_by(other, "pull", rng.uniform(0.2, 0.9) * took["pull"]):
            killed["pull"] += 1
            found = other.holds()
            assert all(content in (before.get(path), after.get(path)) for path, content in found.items())
            killed_by(other, "pull")
        assert other.holds() == after
    assert home.generations() == list(range(1, max(home.generations()) + 1))
    assert min(killed.values()) >= 5
    # it was killed before the new generation was there
    assert False in outcomes
