"""Lists in the form that the imports of HubSpot and Salesforce expect.

Belongs here: headings and forms of values. Does not belong here: where the files go (``folder``).

HubSpot (knowledge base, *Set up import files*): UTF-8, a header of properties, records found by a property of unique
values, dates as year-month-day where the import is told so, several values of one property joined by ``;``. An empty
cell leaves a property as it is. Salesforce (*Bulk API 2.0, Prepare CSV Files*; Data Loader): a header of field names,
upsert by an external id, dates as yyyy-MM-dd, lines that end with LF, ``#N/A`` for no value, an empty cell leaves a
field as it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipelines.config.destinations import FolderDestination
from pipelines.csv_files import csv_bytes
from pipelines.destinations.listing import Listing
from pipelines.errors import ChurnError

LISTED = "listed"
"""A column besides those of the list: whether the account is on it. One that has left it has a row that says no, for
nothing else would tell the CRM."""

_KEY, _DAY, _JOINED = "account_id", "as_of", ("themes",)

_CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True)
class _Form:
    """What an import expects: the property of unique values, how names end and which are names, what stands for no
    text and for no other value, the longest text."""

    identifier: str
    suffix: str
    name: str
    named: str
    no_text: str
    nothing: str
    longest: int


_FORMS = {
    "hubspot": _Form("churn_account_id", "", r"[^\x00-\x1f]{1,100}", "1 to 100 characters", "(none)", "", 65_536),
    "salesforce": _Form(
        "Churn_Account_Id__c", "__c", r"[A-Za-z](?!.{40,}__c$)(?!.*___)\w*(\.\w+)?",
        "letters, digits and underscores, 40 characters before __c at most", "#N/A", "#N/A", 255,
    ),
}  # fmt: skip


def crm_csv(keys: FolderDestination, listing: Listing) -> bytes:
    """The list as a CSV file for an import; ChurnError if a column is unknown or a name is none."""
    listing.require_one_row_each()
    form = _FORMS[keys.format]
    columns = _columns(keys, listing, form)
    header = [keys.identifier or form.identifier, *columns.values()]
    twice = {name for name in header if header.count(name) > 1}
    bad = [name for name in header if not re.fullmatch(form.name, name, re.ASCII)]
    if twice or bad:
        raise ChurnError(
            f"{keys.format} cannot import a column called {min(twice or bad)!r}"
            + (" twice" if twice else f": names are {form.named}"),
            "correct prefix, columns or identifier of the destination",
        )
    return csv_bytes(header, _rows(listing, form, list(columns)), "\n" if keys.format == "salesforce" else "\r\n")


def _columns(keys: FolderDestination, listing: Listing, form: _Form) -> Mapping[str, str]:
    """Column of the list -> heading, without that of the identifier."""
    there = [LISTED, *(name for name in listing.table.column_names if name != _KEY)]
    unknown = [name for name in keys.columns if name not in there]
    if unknown:
        raise ChurnError(
            f"list {listing.name} has no column {unknown[0]!r} to write; it has {', '.join(there)}",
            "correct columns of the destination; account_id is named by identifier",
        )
    prefix = keys.prefix.replace("{list}", listing.name)
    return keys.columns or {name: f"{prefix}{name}{form.suffix}" for name in there}


def _rows(listing: Listing, form: _Form, columns: list[str]) -> Iterator[list[str | int | Decimal]]:
    import pyarrow as pa

    texts = {each.name for each in listing.table.schema if pa.types.is_string(each.type)}
    for row in listing.table.to_pylist():
        told = {**row, LISTED: True}
        yield [_plain(row[_KEY]), *(_cell(told[name], name, name in texts, form) for name in columns)]
    for account in listing.left:
        gone = {LISTED: False, _DAY: listing.as_of}
        yield [_plain(account), *(_cell(gone.get(name), name, False, form) for name in columns)]


def _cell(value: Any, name: str, is_text: bool, form: _Form) -> str | int | Decimal:
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return form.no_text if is_text else form.nothing
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        # without an exponent, and not text: a sign does not make it a formula
        return Decimal(f"{value:.6f}".rstrip("0").rstrip("."))
    text = _plain(str(value))
    if name in _JOINED:
        text = text.replace("|", ";")
    return text if len(text) <= form.longest else f"{text[: form.longest - 1]}…"


def _plain(text: str) -> str:
    """Text on one line."""
    return _CONTROLS.sub(" ", text)
