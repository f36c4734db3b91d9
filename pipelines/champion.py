"""The champion on disk: one file from which scoring works without the tracking server.

Belongs here: writing and reading that file. Does not belong here: which model becomes champion (``training``) and
where models are recorded (``tracking``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import read_json, write_json

if TYPE_CHECKING:
    from models.model import Model


@dataclass(frozen=True)
class Champion:
    """A model with the version that the registry gave it."""

    model: Model
    version: str


def _path(config: Config) -> Path:
    return config.path(config.state) / "champion.json"


def _digest(text: str, card: object) -> str:
    import json

    return hashlib.sha256((text + json.dumps(card, sort_keys=True)).encode()).hexdigest()


def install(config: Config, champion: Champion) -> None:
    """Make this model the one that scores, in one step."""
    model = champion.model
    content = {"version": champion.version, "card": model.card, "booster": model.text}
    write_json(_path(config), {**content, "sha256": _digest(model.text, model.card)})


def installed(config: Config) -> dict[str, Any] | None:
    """``version`` and ``card`` of the installed champion, and its text as ``booster``, without the libraries that its
    model needs; None if there is none. Raises ChurnError if the file is damaged."""
    path = _path(config)
    if not path.exists():
        return None
    try:
        stored: dict[str, Any] = read_json(path)
        damaged = stored["sha256"] != _digest(stored["booster"], stored["card"])
    except (ValueError, KeyError) as error:
        raise _damaged(path) from error
    if damaged:
        raise _damaged(path)
    return stored


def find(config: Config) -> Champion | None:
    """The installed champion; None if there is none. Raises ChurnError if it is damaged or cannot be used."""
    from models.inputs import ModelError
    from models.model import restore

    stored = installed(config)
    if stored is None:
        return None
    try:
        return Champion(restore(stored["booster"], stored["card"]), stored["version"])
    except ModelError as error:
        told = f"the champion in {_path(config)} cannot be used: {error.message}"
        raise ChurnError(told, error.remedy) from error


def _damaged(path: Path) -> ChurnError:
    return ChurnError(f"the champion {path} is damaged", "delete the file and run: churn train")


def difference(config: Config, champion: Champion) -> str:
    """In what the champion's training differs from what this code and configuration give, in words; "" if in nothing
    that its scores depend on."""
    from churn_features.catalogue import fingerprint

    card = champion.model.card
    if card["fingerprint"] != fingerprint():
        return f"was trained on feature catalogue {card['fingerprint']}, this code computes {fingerprint()}"
    if card.get("outcome") != config.outcome.model_dump():
        return f"was trained for another outcome ({card.get('outcome')})"
    if card.get("event_roles") != dict(config.event_roles):
        return "was trained with other event_roles"
    return ""


def absent(config: Config) -> str:
    """Why there is no champion, in words, where there is none."""
    last = config.path(config.state) / "last_training.json"
    verdict = read_json(last)["verdict"] if last.exists() else "no model was trained yet"
    return f"there is no champion for {config.company} to score with: {verdict}"


def require(config: Config) -> Champion:
    """The champion; ChurnError naming the remedy if there is none."""
    champion = find(config)
    if champion is None:
        raise ChurnError(
            absent(config),
            "run: churn train (or launch the training job in Dagster); if a model was refused, more or better data is "
            "needed, see docs/operations.md",
        )
    return champion
