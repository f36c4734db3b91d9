"""The message of a play, with what is known of an account in the places that its text keeps free.

Belongs here: placeholders and how a value gets into a text that customers read. Does not belong here: the texts
(``catalogue.yaml``), sending them.

Values are text and nothing else: no placeholder reaches into a value, and none that a value contains is replaced.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pipelines.config import Config
from pipelines.errors import ChurnError

if TYPE_CHECKING:
    from pipelines.plays.catalogue import Play

PLACEHOLDERS = {
    "name": "what the account is called, else its id",
    "company": "the company of the configuration",
    "reason": "the weightiest reason, in the account's own numbers",
    "owner": "who looks after the account",
    "renewal_date": "the day of its next renewal",
}
"""What may stand in braces in a message: name -> what takes its place."""

ALWAYS = ("name", "company")
"""Placeholders that have a value for every account, which a subject may have."""

MOST = 200
"""Characters of a value; a longer one is cut."""

_BRACES = re.compile(r"\{([^{}]*)\}")

_SHUFFLING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that turn round the direction in which the rest of a line is read."""


def check_template(text: str, key: str, allowed: Collection[str] = tuple(PLACEHOLDERS)) -> None:
    """Raise ChurnError naming the ``key`` unless all that stands in braces is a placeholder that is ``allowed``."""
    unknown = [name for name in _BRACES.findall(text) if name not in allowed]
    if unknown or set("{}") & set(_BRACES.sub("", text)):
        found = f"{{{unknown[0]}}}" if unknown else "a single brace"
        raise ChurnError(f"{key} holds {found}", f"use {', '.join(f'{{{name}}}' for name in allowed)} or no braces")


def message(play: Play, row: Mapping[str, Any], config: Config) -> dict[str, str]:
    """``subject`` and ``body`` of a play's message to one account, plain text.

    ``row`` is the account's row of a list, for which any of these is enough: ``account_id``, ``name``, ``owner``,
    ``reasons`` (each with ``text``), and for the day of the renewal ``as_of`` with ``days_to_renewal``. A line of the
    body with a placeholder that has no value is left out.
    """
    values = _values(row, config)
    lines = [line for line in play.body.splitlines() if all(values[name] for name in _BRACES.findall(line))]
    return {"subject": _filled(play.subject, values), "body": "\n".join(_filled(line, values) for line in lines)}


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _BRACES.sub(lambda match: values[match[1]], text)


def _values(row: Mapping[str, Any], config: Config) -> dict[str, str]:
    reasons = row.get("reasons") or [{}]
    return {
        "name": _plain(row.get("name")) or _plain(row.get("account_id")),
        "company": _plain(config.company),
        "reason": _plain(reasons[0].get("text")),
        "owner": _plain(row.get("owner")),
        "renewal_date": _renewal(row),
    }


def _plain(value: Any) -> str:
    """Text on one line, without what is not to be seen; "" of anything else."""
    if not isinstance(value, str):
        return ""
    line = _SHUFFLING.sub("", " ".join(value.split()))
    hidden = not line.isprintable()  # the rule, and cheaper than to look at every sign
    seen = "".join(sign for sign in line if unicodedata.category(sign) not in ("Cc", "Cs")) if hidden else line
    return seen if len(seen) <= MOST else f"{seen[: MOST - 1]}…"


def _renewal(row: Mapping[str, Any]) -> str:
    days = row.get("days_to_renewal")
    if days is None or days != days or "as_of" not in row:
        return ""
    return str(date.fromisoformat(str(row["as_of"])) + timedelta(days=int(days)))
