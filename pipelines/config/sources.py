"""The keys of the sources: where each table of the contract comes from.

Belongs here: what can be configured of a source. Does not belong here: reading one (``pipelines.sources``). Each kind
of source has a class with ``kind``, and ``gives``, its contract tables.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from churn_features.tables import TABLES
from pipelines.config.databases import SqlSource
from pipelines.config.mapping import Keys, RowMapping, require_known
from pipelines.config.storage import is_object_url, object_url


class TableMapping(RowMapping):
    """How one contract table is read from files."""

    files: str = Field(description="path or glob below the source's root; .csv, .jsonl, .ndjson or .parquet")
    format: Literal["csv", "jsonl", "parquet"] | None = Field(None, description="where the ending does not tell")
    join: str | None = Field(
        None,
        description="SQL join to other files of the source, each named under ``lookups``; the table's own rows are "
        "called ``source``; every row must find at most one partner",
    )
    lookups: dict[str, str] = Field(
        default_factory=dict, description="name -> file, or glob of files, whose rows ``join`` may read"
    )
    delimiter: str = Field(",", min_length=1, max_length=1, description="CSV only")
    encoding: str = Field(
        "utf-8", description="CSV and JSON lines: utf-8, utf-16, cp1252, latin-1 or another of Python's"
    )

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, name: str) -> str:
        try:
            "".encode(name)
        except LookupError as error:
            raise ValueError(f"{name!r} is no encoding such as utf-8, utf-16 or cp1252") from error
        return name

    @field_validator("files")
    @classmethod
    def _below_root(cls, pattern: str) -> str:
        if pattern.startswith("/") or ".." in pattern.split("/"):
            raise ValueError("give a path or glob below the source's root")
        return pattern


class FileSource(Keys):
    """A folder of CSV, JSON lines or Parquet files, on this machine or in object storage."""

    kind: Literal["files"]
    root: Path | str = Field(description="folder of the files, or s3://bucket/prefix of the objects")
    tables: dict[str, TableMapping] = Field(description="contract table -> mapping")

    @field_validator("root", mode="before")
    @classmethod
    def _place(cls, root: object) -> object:
        if not isinstance(root, str):
            return root
        # a path would make one slash of the two
        return object_url(root) if is_object_url(root) else Path(root)

    @field_validator("tables")
    @classmethod
    def _known(cls, tables: dict[str, TableMapping]) -> dict[str, TableMapping]:
        require_known(tables)
        return tables

    @property
    def gives(self) -> tuple[str, ...]:
        """Contract tables that it gives."""
        return tuple(self.tables)


class DemoSource(Keys):
    """The generated demo company."""

    kind: Literal["demo"]
    accounts: int = Field(2000, ge=50, description="accounts that ever sign up")
    start: date = Field(date(2025, 1, 1), description="first day of the company's records")
    months: int = Field(18, ge=6, le=60, description="length of the records")
    seed: int = Field(7, description="another seed makes another company")
    contacts: Path | None = Field(
        None,
        description="CSV or Parquet file of contacts that lists led to, which accounts answer: `account_id`, "
        "`contacted_on`, `play` and, if you like, `list_as_of`; they become rows of outreach",
    )
    effects: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        default_factory=dict,
        description="play -> what it multiplies the hazard of leaving by, such as training: 0.5; others do nothing",
    )
    effect_days: int = Field(45, ge=1, le=365, description="for so many days after a contact")

    @property
    def gives(self) -> tuple[str, ...]:
        """Contract tables that it gives."""
        return tuple(TABLES)


_FIELD = r'^[^"]+$'

STRIPE_TABLES = ("accounts", "subscriptions", "subscription_changes", "invoices", "payments", "payment_methods")


class StripeSource(Keys):
    """Stripe Billing, read over its API."""

    kind: Literal["stripe"]
    api_key: SecretStr = Field(
        description="secret or, better, restricted read-only key as ${NAME}; test and live keys are kept apart"
    )
    account_id: str = Field(
        "id",
        pattern=_FIELD,
        description="field of a Stripe customer that names the account, such as id or metadata.company_id",
    )
    accounts: dict[str, str] = Field(
        default_factory=lambda: {"name": "name", "country": "address.country"},
        description="other columns of accounts -> field of a Stripe customer, such as owner: metadata.csm",
    )
    plan: str = Field(
        "product.name",
        pattern=r"^(product|price)\.[^\"]+$",
        description="what a plan is called: a field of the product or price, such as price.nickname or "
        "product.metadata.tier",
    )
    tables: list[Literal[STRIPE_TABLES]] = Field(  # type: ignore[valid-type]
        list(STRIPE_TABLES),
        min_length=1,
        description="contract tables to take from Stripe, so that others may give the rest",
    )
    api_base: str = Field("https://api.stripe.com", description="another address, for tests and proxies")
    overlap_minutes: int = Field(
        60, ge=1, le=1440, description="how far before the last read the next one begins, for objects that come late"
    )

    @field_validator("api_key")
    @classmethod
    def _secret(cls, key: SecretStr) -> SecretStr:
        if not re.match(r"(sk|rk)_(test|live)_\w", key.get_secret_value()):
            raise ValueError("give a secret (sk_) or restricted (rk_) key of Stripe's test or live mode")
        return key

    @field_validator("api_base")
    @classmethod
    def _address(cls, address: str) -> str:
        parts = urlsplit(address)
        loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if (
            parts.username
            or not parts.hostname
            or not (parts.scheme == "https" or (parts.scheme == "http" and loopback))
        ):
            raise ValueError("give an https address without a user; http is for this machine only")
        return address.rstrip("/")

    @field_validator("accounts")
    @classmethod
    def _columns(cls, fields: dict[str, str]) -> dict[str, str]:
        own = {"account_id", "created_at", "recorded_at"}
        for column, field in fields.items():
            if not re.match(_FIELD, field):
                raise ValueError(f"{field!r} is no field such as name or metadata.csm")
            if column in own or column not in TABLES["accounts"].names:
                raise ValueError(f"{column} is no column of accounts that a field of the customer can fill")
        return fields

    @property
    def gives(self) -> tuple[str, ...]:
        """Contract tables that it gives."""
        return tuple(self.tables)

    @property
    def live(self) -> bool:
        """Whether the key is of Stripe's live mode."""
        return "_live_" in self.api_key.get_secret_value()[:8]


Source = Annotated[FileSource | DemoSource | StripeSource | SqlSource, Field(discriminator="kind")]


def demo_end(source: DemoSource) -> date:
    """Last day of the demo company's records."""
    month = source.start.year * 12 + source.start.month - 1 + source.months
    return date(month // 12, month % 12 + 1, 1) + timedelta(days=source.start.day - 2)
