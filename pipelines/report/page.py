"""The page: a template, a style sheet, a script and what the day has on file, in one file.

Belongs here: putting it together, and the policy under which a browser opens it. Does not belong here: figures, files.

Names come from data, and people open the file: all text is escaped, the values for the script are JSON in which nothing
ends an element, and the policy allows this very script and style sheet, nothing else and no request.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.report.accounts import PARTS, Histories
from pipelines.report.facts import Facts
from pipelines.report.figures import Figure
from pipelines.report.published import Listed

TEMPLATES = Path(__file__).with_name("templates")

SHOWN = (
    "rank", "account_id", "name", "owner", "plan", "mrr", "probability", "expected_loss", "expected_value", "attention",
    "play", "trigger", "reasons", "since", "days_on_list", "rank_before", "probability_before",
)  # fmt: skip
"""What the page takes of a row, as far as it is there."""

Chapter = tuple[str, str, str, Sequence[Figure]]
"""Id, title, a sentence, figures."""


def page(
    facts: Facts,
    currency: str,
    lists: Sequence[Listed],
    plays: dict[str, dict[str, Any]],
    histories: Histories,
    chapters: Sequence[Chapter],
    contacts_known: bool,
) -> bytes:
    """The page as UTF-8; the same arguments give the same bytes. ``plays`` tells of plays by name what to do."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    script, style = ((TEMPLATES / name).read_text("utf-8").strip() for name in ("page.js", "style.css"))
    shown = {
        "currency": currency,
        "contacts": contacts_known,
        "plays": plays,
        "lists": [
            {"name": each.name, "title": each.title, "about": each.about, "rows": [_row(row) for row in each.rows]}
            for each in lists
        ],
    }
    text = templates.get_template("page.html").render(
        facts=facts,
        lists=lists,
        charts=chapters,
        policy=policy(script, style),
        script=script,
        style=style,
        lists_json=island(shown),
        accounts_json=island({**vars(histories), "parts": PARTS}),
    )
    return text.encode("utf-8")


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in SHOWN if row.get(name) is not None}


def island(value: Any) -> str:
    """``value`` as JSON for a ``script`` element: whatever texts it holds, none ends or opens an element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for each in "<>&\u2028\u2029":
        text = text.replace(each, f"\\u{ord(each):04x}")
    return text


def policy(script: str, style: str) -> str:
    """The Content-Security-Policy: this script, this style sheet, no request to anybody, no markup from text."""

    def sha256(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; script-src {sha256(script)}; style-src {sha256(style)}; img-src data:; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
