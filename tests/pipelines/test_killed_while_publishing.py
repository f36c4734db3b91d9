"""A list that is published a hundred times by processes that are killed at random is whole for whoever reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.process
def test_readers_see_whole_lists_while_publishers_are_killed(shop: Any) -> None:
    script = Path(__file__).with_name("publishing_under_fire.py")
    ran = subprocess.run(
        [sys.executable, str(script), str(shop.config().file), "7"], check=False, capture_output=True, text=True,
        timeout=400,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["wrong"] == []
    assert found["published"] >= 100
    assert found["killed"] >= 30
    assert found["read"] >= 100
    assert found["rows"] == found["recorded"] == 7
