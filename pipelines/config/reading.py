"""Reading the configuration file.

Belongs here: finding the file, environment references, saying what is wrong with it. Does not belong here: the keys.
References ``${NAME}`` and ``${NAME:-default}`` are replaced in every text value before checking; secrets are written
in no other way.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipelines.config.keys import Config, TrainingKeys
from pipelines.errors import ChurnError

DEFAULT_FILE = "churn.yaml"
ENVIRONMENT = "CHURN_CONFIG"

_REFERENCE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")

_PASSWORD = re.compile(r"://[^/@\s:]*:(?!\$\{)[^/@\s]+@")

_API_KEY = re.compile(r"(sk|rk)_(test|live)_\w")

_BOOLEAN = "tag:yaml.org,2002:bool"


class _Loader(yaml.SafeLoader):
    """Of bare words only ``true`` and ``false`` are booleans, as in YAML 1.2: ``NO`` is Norway. A key that is yes or no
    by its meaning still takes ``yes``, ``no``, ``on`` and ``off``, which pydantic reads.
    """


_Loader.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != _BOOLEAN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOLEAN, re.compile(r"^(true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def load(path: Path | str | None = None) -> Config:
    """Read and check the configuration: ``path``, else ``$CHURN_CONFIG``, else ``churn.yaml`` here or in
    ``$DAGSTER_HOME``.

    Raises ChurnError naming the file, the key and the remedy.
    """
    file = _find(path)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ChurnError(
            f"the configuration {file} cannot be read: {error.strerror}",
            f"give an existing file by --config or {ENVIRONMENT}",
        ) from error
    try:
        raw = yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        raise ChurnError(f"the configuration {file} is not YAML: {error}", "correct the line named above") from error
    if not isinstance(raw, dict):
        raise ChurnError(f"the configuration {file} holds no keys", "start from the example in docs/configuration.md")
    given = _resolved(raw, ())
    try:
        return Config.model_validate({**given, "file": file})
    except ValidationError as error:
        raise ChurnError(
            f"the configuration {file} is not valid: {_explained(error, given)}", _remedy(error)
        ) from error


def with_training(config: Config, **given: Any) -> Config:
    """``config`` with these keys of ``training`` in place of the file's, for one run; ChurnError where they are not
    valid.
    """
    keys = {**config.training.model_dump(), **given}
    try:
        training = TrainingKeys.model_validate(keys)
    except ValidationError as error:
        raise ChurnError(
            f"this run's training keys are not valid: {_explained(error, keys)}", _remedy(error)
        ) from error
    return config.model_copy(update={"training": training})


def _find(path: Path | str | None) -> Path:
    chosen = path or os.environ.get(ENVIRONMENT)
    if chosen:
        return Path(chosen).expanduser().resolve()
    home = os.environ.get("DAGSTER_HOME")
    if not Path(DEFAULT_FILE).exists() and home:
        return (Path(home) / DEFAULT_FILE).resolve()
    return Path(DEFAULT_FILE).resolve()


def _resolved(value: Any, key: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {name: _resolved(item, (*key, str(name))) for name, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, key) for item in value]
    if isinstance(value, str):
        secret = key[-1:] == ("secret_key",) or (key[0] == "destinations" and key[-1] in ("secret", "password"))
        plain_key = secret and not _REFERENCE.fullmatch(value)
        if plain_key or _PASSWORD.search(value) or _API_KEY.match(value):
            raise ChurnError(
                f"key {'.'.join(key)} holds {'a password' if _PASSWORD.search(value) else 'a key'} in plain text",
                "write ${NAME} in its place and set the environment variable NAME",
            )
        return _REFERENCE.sub(lambda match: _environment(match[1], match[2], key), value)
    return value


def _environment(name: str, default: str | None, key: tuple[str, ...]) -> str:
    found = os.environ.get(name, default)
    if found is None:
        raise ChurnError(f"key {'.'.join(key)} refers to the environment variable {name}, which is not set",
                         f"set {name}, or write ${{{name}:-default}}")  # fmt: skip
    return found


def _explained(error: ValidationError, given: Mapping[Any, Any]) -> str:
    """What is wrong with the keys ``given``, each by its place in the file."""
    said: dict[tuple[str, ...], list[str]] = {}
    for item in error.errors():
        place = _place(item["loc"], given, lacks=item["type"] == "missing")
        what = "Input should be keys and values" if item["type"] == "model_type" else item["msg"]
        said.setdefault(place, []).append(what)
    # where a value may be of several kinds, the kind that was followed further is the one that was meant
    meant = [place for place in said if not any(len(o) > len(place) and o[: len(place)] == place for o in said)]
    return "; ".join(f"{'.'.join(place) or 'file'}: {', or '.join(said[place])}" for place in meant)


def _place(loc: Sequence[int | str], given: Any, lacks: bool) -> tuple[str, ...]:
    """The keys in the file that pydantic's ``loc`` means, which also names kinds of a union and validators; ``lacks``:
    the last one is not there.
    """
    place: list[str] = []
    for depth, part in enumerate(loc):
        kind = depth == 2 and loc[0] in ("sources", "destinations")
        if part == "[key]":
            place[-1] += " (the key itself)"
        elif not kind and isinstance(given, dict) and part in given:
            key = next(key for key in given if key == part)
            place.append(str(key).lower() if isinstance(key, bool) else str(key))
            given = given[part]
        elif isinstance(given, list) and isinstance(part, int):
            place.append(str(part))
            given = given[part]
        elif lacks and depth == len(loc) - 1:
            place.append(str(part))
    return tuple(place)


def _remedy(error: ValidationError) -> str:
    unknown = [item for item in error.errors() if item["type"] == "extra_forbidden"]
    if unknown:
        return f"remove or correct the unknown key {unknown[0]['loc'][-1]}; docs/configuration.md lists all keys"
    return "correct the keys named above; docs/configuration.md explains each"
