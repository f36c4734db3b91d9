"""A catalogue that comes with the package as YAML, and what the configuration changes of it.

Belongs here: laying the one over the other. Does not belong here: what the entries mean (``triggers``, ``plays``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from pipelines.errors import ChurnError

Entry = TypeVar("Entry", bound=BaseModel)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@lru_cache(maxsize=4)
def shipped(file: Path, keys: type[Entry]) -> dict[str, Entry]:
    """The entries of a catalogue file by name, in its order."""
    import yaml

    return {name: keys.model_validate(each) for name, each in yaml.safe_load(file.read_text("utf-8")).items()}


def changed(
    catalogue: Mapping[str, Entry], changes: Mapping[str, Entry | None], required: Sequence[str], section: str
) -> dict[str, dict[str, Any]]:
    """What is stated of every entry that is switched on, by name: further ones first, as a company's own word goes
    before ours, then those of the catalogue in its order. A key that is stated in ``changes`` replaces the catalogue's
    as a whole.

    Raises ChurnError where a name is none, and where an entry lacks one of the keys that are ``required``.
    """
    found = {}
    for name in [*(each for each in changes if each not in catalogue), *catalogue]:
        given = changes.get(name)
        stated = {**_stated(catalogue.get(name)), **_stated(given)}
        _check(name, stated, required, section, catalogue)
        if stated.pop("enabled", True) and (given is not None or name not in changes):
            found[name] = stated
    return found


def _stated(entry: BaseModel | None) -> dict[str, Any]:
    return {} if entry is None else {k: v for k, v in entry.model_dump(exclude_unset=True).items() if v is not None}


def _check(
    name: str, stated: Mapping[str, Any], required: Sequence[str], section: str, catalogue: Mapping[str, Any]
) -> None:
    from difflib import get_close_matches

    if not _NAME.fullmatch(name):
        raise ChurnError(
            f"{section}.{name[:60]} is no name", "use small letters, digits and underscores, a letter first"
        )
    lacking = [key for key in required if key not in stated]
    if lacking:
        close = get_close_matches(name, catalogue, n=1)
        meant = f"did you mean {close[0]}? If it is a further one, " if close else ""
        raise ChurnError(
            f"{section}.{name} is not in the catalogue and lacks {', '.join(lacking)}", f"{meant}state these keys too"
        )
