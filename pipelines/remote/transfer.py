"""Many files at a time, with progress.

Belongs here: threads, and what is said of them. Does not belong here: what is done with a file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pipelines.object_creation import AT_ONCE
from pipelines.remote.working_copy import Say

T = TypeVar("T")

_EVERY_SECONDS = 5.0


def size_told(size: int) -> str:
    """Bytes in words, such as 12.3 MB."""
    if size < 1000:
        return f"{size} bytes"
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if size >= 1000**power:
            return f"{size / 1000**power:.1f} {unit}"
    raise AssertionError


def each(what: str, work: Callable[[T], None], files: Sequence[T], size: Callable[[T], int], say: Say | None) -> None:
    """Do ``work`` for every file; what one raises ends it, without beginning another. ``say`` is told how far it is."""
    total, done, told_at = sum(map(size, files)), 0, time.monotonic()
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for number, (file, _) in enumerate(zip(files, pool.map(work, files), strict=True), 1):
            done += size(file)
            if say and (number == len(files) or time.monotonic() - told_at > _EVERY_SECONDS):
                told_at = time.monotonic()
                say(f"{what}: {number:,} of {len(files):,} files, {size_told(done)} of {size_told(total)}")
    finally:
        pool.shutdown(cancel_futures=True)
