"""The benchmark of the report opens pages in a real browser; how soon they are seen is not judged here."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from benchmarks import report


@pytest.mark.process
def test_pages_are_opened_in_turns_until_they_are_seen(tmp_path: Path) -> None:
    if shutil.which("chromium") is None and os.environ.get("CHURN_REQUIRE_SYSTEM") != "1":
        pytest.skip("Chromium is needed to open pages: apt-get install chromium")
    page = tmp_path / "page.html"
    # nothing is painted before the script has run
    wait = "const until = performance.now() + 300; while (performance.now() < until) {}"
    page.write_text(f"<!doctype html><script>{wait}</script>text", "utf-8")
    slow, five = report.seen(page, rounds=2)
    assert len(slow) == len(five) == 2
    assert all(0.3 <= seconds < 60 for seconds in slow)
    assert all(0 < seconds < 60 for seconds in five)
