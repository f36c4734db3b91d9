"""Texts that follow from the code of ``churn_features`` alone, kept from one process to the next.

Belongs here: keeping them, and that none outlives the code that gave it. Does not belong here: what they say, and
anything that depends on data. To import Ibis and compile the feature statement takes 1.6 CPU seconds and 100 MiB, as
much as reading 5 million rows.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from pipelines import STARTED
from pipelines.config import Config
from pipelines.lake import replacing

MOST = 8
"""Texts of a name that are kept: those of other tables, event roles and versions."""


def of(config: Config, name: str, inputs: Sequence[object], make: Callable[[], str]) -> str:
    """``kept`` beside the company's state."""
    return kept(config.path(config.state) / "statements", name, inputs, make)


def kept(folder: Path, name: str, inputs: Sequence[object], make: Callable[[], str]) -> str:
    """``make()``, or what it gave an earlier process for the same ``inputs`` by the same code.

    The same code is: every source file of ``churn_features``, Ibis, SQLGlot and Python. ``inputs``: what else ``make``
    depends on, as JSON can hold it. A text is read and kept in ``folder`` under the digest of all this.
    """
    sources = _sources()
    if any(_changed(file) > STARTED for file in sources):
        return make()  # this process may have loaded what was there before
    digest = hashlib.sha256(f"{_code(tuple(sources))}{json.dumps(inputs)}".encode()).hexdigest()
    file = folder / f"{name}-{digest}"
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        text = make()
    with replacing(file) as fresh:
        fresh.write_text(text, "utf-8")
    for old in sorted(folder.glob(f"{name}-*"), key=_changed)[:-MOST]:
        old.unlink(missing_ok=True)
    return text


def _sources() -> list[Path]:
    spec = find_spec("churn_features")
    assert spec is not None  # noqa: S101  it is installed with this package
    return sorted(file for place in spec.submodule_search_locations or () for file in Path(place).glob("*.py"))


def _changed(file: Path) -> float:
    """When a file was written or put in place; 0 if another process has taken it away."""
    try:
        return file.stat().st_ctime
    except FileNotFoundError:
        return 0


@lru_cache(maxsize=1)
def _code(sources: tuple[Path, ...]) -> str:
    digest = hashlib.sha256(f"{sys.version} {version('ibis-framework')} {version('sqlglot')}".encode())
    for file in sources:
        text = file.read_bytes()
        digest.update(f"\n{file.name} {len(text)}\n".encode() + text)
    return digest.hexdigest()
