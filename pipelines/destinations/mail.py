"""The e-mail that an owner gets: their accounts of a day, a section for each list, as text and as HTML.

Belongs here: what it says and how data are kept from being more than text. Does not belong here: who gets one, sending
(``smtp``).
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.plays import Play

_LONGEST = 300
"""Characters of a text from data."""

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of the text after them."""

_STYLE = "border-collapse:collapse;font:14px sans-serif"
_CELL = "border:1px solid #999;padding:4px 8px;text-align:left;vertical-align:top"


@dataclass(frozen=True)
class Digest:
    """What an e-mail tells: the accounts of an owner by list, as the rows that are published for the day."""

    company: str
    as_of: date
    owner: str | None
    sections: Mapping[str, Sequence[Mapping[str, Any]]]

    @property
    def accounts(self) -> int:
        """How many there are; one that is on two lists counts once."""
        return len({row["account_id"] for rows in self.sections.values() for row in rows})


@dataclass(frozen=True)
class _Section:
    """A list as it is told: a heading, what is said of each account by heading, how many more there are, and the title
    and the steps of each play."""

    heading: str
    told: Sequence[Mapping[str, str]]
    more: str
    plays: Sequence[tuple[str, Sequence[str]]]


def compose(digest: Digest, sender: str, address: str, known: Mapping[str, Play], most: int) -> EmailMessage:
    """The e-mail, with the first ``most`` accounts of each list and the steps of their plays, as far as they are
    ``known``. The same digest gives the same Message-ID, whatever the address; only the date is missing, which is that
    of sending."""
    message = EmailMessage(policy=SMTP)
    where = f"on {_lists(digest)} of {digest.as_of}"
    number = _count(digest.accounts)
    message["Subject"] = plain(f"{digest.company}: {number} {where}")
    message["From"], message["To"] = sender, address
    message["Message-ID"] = message_id(digest, sender)
    # no automatic answers (RFC 3834)
    message["Auto-Submitted"] = "auto-generated"
    intro = f"{number} {f'of {plain(digest.owner)}' if digest.owner else 'without an owner'} {where}"
    sections = [_section(name, rows, known, most) for name, rows in digest.sections.items()]
    message.set_content("\n\n".join([f"{intro}.", *map(_text, sections)]) + "\n")
    message.add_alternative(_html(intro, sections), subtype="html")
    message.set_boundary(f"=_{hashlib.sha256(message['Message-ID'].encode()).hexdigest()[:32]}")
    return message


def message_id(digest: Digest, sender: str) -> str:
    """The same for the same day, owner and accounts, so that a second copy is known as one."""
    what = json.dumps([str(digest.as_of), digest.owner, list(digest.sections.items())], sort_keys=True)
    return f"<{hashlib.sha256(what.encode()).hexdigest()[:40]}@{sender.partition('@')[2]}>"


def plain(text: str) -> str:
    """Text from data on one line, without characters that control or turn it, and cut where it is long."""
    line = "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp", "Cs") else each for each in text)
    line = " ".join(_TURNING.sub("", line).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _count(number: int) -> str:
    return f"{number:,} account{'' if number == 1 else 's'}"


def _lists(digest: Digest) -> str:
    names = list(digest.sections)
    return f"the list {_title(names[0])}" if len(names) == 1 else f"{len(names)} lists"


def _title(list_name: str) -> str:
    return plain(list_name).replace("_", " ")


def _section(name: str, rows: Sequence[Mapping[str, Any]], known: Mapping[str, Play], most: int) -> _Section:
    shown = rows[:most]
    used = [known[each] for each in dict.fromkeys(row.get("play") or "" for row in shown) if each in known]
    return _Section(
        f"{_title(name).capitalize()}: {_count(len(rows))}",
        [_told(row, known) for row in shown],
        f"and {len(rows) - most:,} more" if len(rows) > most else "",
        [(plain(play.title), [plain(step) for step in play.steps]) for play in used],
    )


def _told(row: Mapping[str, Any], known: Mapping[str, Play]) -> dict[str, str]:
    """What is said of an account, by heading; what it lacks is left out."""
    play = row.get("play") or ""
    told = {
        "rank": f"{row['rank']}",
        "account": plain(row.get("name") or "") or plain(row["account_id"]) or "without a name",
        "id": plain(row["account_id"]) if row.get("name") else None,
        "plan": row.get("plan"),
        "MRR": None if row.get("mrr") is None else f"{row['mrr']:,.2f} {row.get('currency') or ''}",
        "probability": None if row.get("probability") is None else f"{row['probability']:.0%}",
        "play": known[play].title if play in known else play,
        "by": "a message" if row.get("attention") == "automated" else None,
        "trigger": row.get("trigger"),
        "why": "; ".join(plain(each["text"]) for each in row.get("reasons") or ()),
    }
    return {heading: value if heading == "why" else plain(value) for heading, value in told.items() if value}


def _text(section: _Section) -> str:
    blocks = [f"{section.heading}\n{'-' * len(section.heading)}", *(_account(each) for each in section.told)]
    blocks += [section.more] if section.more else []
    for title, steps in section.plays:
        blocks.append("\n".join([f"{title}:", *(f"  {n}. {step}" for n, step in enumerate(steps, start=1))]))
    return "\n\n".join(blocks)


def _account(told: Mapping[str, str]) -> str:
    aside = ("rank", "account", "why")
    facts = ", ".join(f"{heading} {value}" for heading, value in told.items() if heading not in aside)
    lines = [f"{told['rank']}. {told['account']}", f"   {facts}" if facts else "", f"   {told.get('why', '')}"]
    return "\n".join(line for line in lines if line.strip())


def _html(intro: str, sections: Sequence[_Section]) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(intro)}</title></head><body>'
        f"<p>{html.escape(intro)}.</p>{''.join(map(_html_section, sections))}</body></html>\n"
    )


def _html_section(section: _Section) -> str:
    headings = list(dict.fromkeys(heading for each in section.told for heading in each))
    # headings of later rows come where they first appear; the reasons stay last
    headings.sort(key=lambda heading: heading == "why")
    head = "".join(f'<th scope="col" style="{_CELL}">{html.escape(heading)}</th>' for heading in headings)
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{_CELL}">{html.escape(each.get(heading, ""))}</td>' for heading in headings)
        + "</tr>"
        for each in section.told
    )
    steps = "".join(
        f"<h3>{html.escape(title)}</h3><ol>{''.join(f'<li>{html.escape(step)}</li>' for step in steps)}</ol>"
        for title, steps in section.plays
    )
    more = f"<p>{html.escape(section.more)}</p>" if section.more else ""
    return (
        f'<h2>{html.escape(section.heading)}</h2><table style="{_STYLE}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{more}{steps}"
    )
