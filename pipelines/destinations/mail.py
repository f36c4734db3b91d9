"""The e-mail that an owner gets: their accounts on a list, as text and as HTML.

Belongs here: what it says and how data are kept from being more than text. Does not belong here: who gets one, sending
(``smtp``).
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from pipelines.destinations.listing import Listing

_LONGEST = 300
"""Characters of a text from data."""

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of the text after them."""

_STYLE = "border-collapse:collapse;font:14px sans-serif"
_CELL = "border:1px solid #999;padding:4px 8px;text-align:left;vertical-align:top"


def compose(
    listing: Listing, company: str, sender: str, address: str, owner: str | None, rows: Sequence[Mapping[str, Any]],
    most: int,
) -> EmailMessage:  # fmt: skip
    """The e-mail about ``rows``, the first ``most`` of them in full. The same list gives the same one, by the same
    Message-ID, whatever the address; only the date is missing, which is that of sending."""
    message = EmailMessage(policy=SMTP)
    title = plain(listing.name).replace("_", " ")
    number = f"{len(rows):,} account{'' if len(rows) == 1 else 's'}"
    message["Subject"] = plain(f"{company}: {number} on the list {title} of {listing.as_of}")
    message["From"], message["To"] = sender, address
    message["Message-ID"] = message_id(listing, owner, sender)
    # no automatic answers (RFC 3834)
    message["Auto-Submitted"] = "auto-generated"
    whose = f"of {plain(owner)}" if owner else "without an owner"
    intro = f"{number} {whose} on the list {title} of {listing.as_of}"
    more = f"and {len(rows) - most:,} more" if len(rows) > most else ""
    told = [_told(row) for row in rows[:most]]
    message.set_content("\n\n".join([f"{intro}:", *(_text(each) for each in told), *([more] if more else [])]) + "\n")
    message.add_alternative(_html(intro, told, more), subtype="html")
    message.set_boundary(f"=_{hashlib.sha256(message['Message-ID'].encode()).hexdigest()[:32]}")
    return message


def message_id(listing: Listing, owner: str | None, sender: str) -> str:
    """The same for the same content and owner, so that a second copy is known as one."""
    what = "\n".join([listing.name, str(listing.as_of), listing.digest, "" if owner is None else f"owner {owner}"])
    return f"<{hashlib.sha256(what.encode()).hexdigest()[:40]}@{sender.partition('@')[2]}>"


def plain(text: str) -> str:
    """Text from data on one line, without characters that control or turn it, and cut where it is long."""
    line = "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp", "Cs") else each for each in text)
    line = " ".join(_TURNING.sub("", line).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _told(row: Mapping[str, Any]) -> dict[str, str]:
    """What is said of an account, by heading; what it lacks is left out."""
    known = {
        "rank": f"{row['rank']}",
        "account": plain(row.get("name") or "") or plain(row["account_id"]) or "without a name",
        "id": plain(row["account_id"]) if row.get("name") else None,
        "plan": row.get("plan"),
        "MRR": None if row.get("mrr") is None else f"{row['mrr']:,.2f} {row.get('currency') or ''}",
        "probability": None if row.get("probability") is None else f"{row['probability']:.0%}",
        "play": row.get("play"),
        "trigger": row.get("trigger"),
        "why": "; ".join(plain(each["text"]) for each in row.get("reasons") or ()),
    }
    return {heading: value if heading == "why" else plain(value) for heading, value in known.items() if value}


def _text(told: Mapping[str, str]) -> str:
    aside = ("rank", "account", "why")
    facts = ", ".join(f"{heading} {value}" for heading, value in told.items() if heading not in aside)
    lines = [f"{told['rank']}. {told['account']}", f"   {facts}" if facts else "", f"   {told.get('why', '')}"]
    return "\n".join(line for line in lines if line.strip())


def _html(intro: str, told: Sequence[Mapping[str, str]], more: str) -> str:
    headings = list(dict.fromkeys(heading for each in told for heading in each))
    # headings of later rows come where they first appear; the reasons stay last
    headings.sort(key=lambda heading: heading == "why")
    head = "".join(f'<th scope="col" style="{_CELL}">{html.escape(heading)}</th>' for heading in headings)
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{_CELL}">{html.escape(each.get(heading, ""))}</td>' for heading in headings)
        + "</tr>"
        for each in told
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(intro)}</title></head><body>'
        f'<p>{html.escape(intro)}:</p><table style="{_STYLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        f"</table><p>{html.escape(more)}</p></body></html>\n"
    )
