"""The keys of the destinations: which systems get the lists once they are published.

Belongs here: what can be configured of a destination. Does not belong here: delivering to one
(``pipelines.destinations``). Each kind has a class with ``kind`` and ``lists``.
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, field_validator, model_validator

from pipelines.config.mapping import Keys
from pipelines.config.storage import ObjectUrl

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
"""What a destination or a list is called: it becomes part of paths and of names in Dagster."""


def mail_address(text: str) -> str:
    """A bare address such as kim@example.com; ValueError if it is none."""
    if not re.fullmatch(_ADDRESS, text):
        raise ValueError(f"{text!r} is no address such as kim@example.com")
    return text


MailAddress = Annotated[str, AfterValidator(mail_address)]


class DestinationKeys(Keys):
    """What all destinations have."""

    lists: list[Name] = Field(
        default_factory=list, description="lists that it gets; default: all that are published for the day"
    )


class FolderDestination(DestinationKeys):
    """Files in a folder, with the same layout of days and the same switch in one step as the published lists."""

    kind: Literal["folder"]
    path: Path = Field(description="folder in which each list has a folder of its own")
    format: Literal["csv", "json_lines", "parquet", "hubspot", "salesforce"] = Field(
        "csv", description="hubspot and salesforce are CSV files in the form that their imports expect"
    )
    bom: bool = Field(False, description="format csv: begin with the UTF-8 byte order mark, by which Excel knows UTF-8")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="formats hubspot and salesforce: column of the list -> property or field to write it to, and only "
        "these; default: all columns, each called prefix and its own name",
    )
    prefix: str = Field(
        "{list}_",
        description="formats hubspot and salesforce: begins the names of properties; {list} stands for the list's name",
    )
    identifier: str | None = Field(
        None,
        description="formats hubspot and salesforce: property by which records are found, of unique values or an "
        "external id; default: churn_account_id, Churn_Account_Id__c",
    )

    @model_validator(mode="after")
    def _of_the_format(self) -> FolderDestination:
        if self.bom and self.format != "csv":
            raise ValueError("bom is for the format csv")
        own = {"columns", "prefix", "identifier"} & self.model_fields_set
        if own and self.format not in ("hubspot", "salesforce"):
            raise ValueError(f"{', '.join(sorted(own))} is for the formats hubspot and salesforce")
        return self


class PostgresqlDestination(DestinationKeys):
    """Tables of a PostgreSQL database."""

    kind: Literal["postgresql"]
    url: SecretStr = Field(
        description="postgresql://writer:PASSWORD@host/database as ${NAME}, of a user who may write to the tables and, "
        "for the first delivery, make them"
    )
    table: str = Field(
        "churn_lists",
        pattern=r"^[A-Za-z_]\w{0,47}(\.[A-Za-z_]\w{0,47})?$",
        description="table of the current lists, as name or schema.name; beside it are table_history and "
        "table_deliveries",
    )
    statement_timeout_seconds: int = Field(
        300, ge=1, le=86400, description="for a statement, waiting for locks included"
    )
    sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] | None = Field(
        None,
        description="whether the connection is encrypted and the server's certificate verified; default: what the url "
        "says, else prefer",
    )
    sslrootcert: Path | None = Field(None, description="file of certificates that may have signed the server's")

    @field_validator("url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr) -> SecretStr:
        if not re.match(r"postgres(ql)?://", url.get_secret_value()):
            raise ValueError("url is no address such as postgresql://writer@host/database")
        return url


class WebhookDestination(DestinationKeys):
    """An address that takes lists as signed JSON by HTTP POST."""

    kind: Literal["webhook"]
    url: SecretStr = Field(description="https address as ${NAME} where it holds a token; http is for this machine only")
    secret: SecretStr = Field(
        description="key of the signature as ${NAME}: 16 characters or more, or whsec_ and 16 bytes or more in base64"
    )
    rows: int = Field(500, ge=1, le=100_000, description="most rows in one request")
    attempts: int = Field(5, ge=1, le=20, description="how often one request is tried")
    backoff_seconds: float = Field(
        1.0, gt=0, le=300, description="wait before the second attempt; it doubles with every further one"
    )
    longest_wait_seconds: float = Field(
        120.0, gt=0, le=3600, description="most that is waited before an attempt, also where Retry-After asks for more"
    )
    timeout_seconds: float = Field(30.0, gt=0, le=600, description="to connect, and for each part of an answer")
    ca_file: Path | None = Field(
        None, description="file of certificates that may have signed the server's; default: those of the machine"
    )

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: SecretStr) -> SecretStr:
        # what is wrong with it may be part of a token
        parts = urlsplit(url.get_secret_value())
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not safe or not parts.hostname or parts.username or parts.fragment:
            raise ValueError("give an https address without a user; http is for this machine only")
        return url

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if len(signing_key(secret)) < 16:
            raise ValueError("give 16 characters or more, or whsec_ and 16 bytes or more in base64")
        return secret


def signing_key(secret: SecretStr) -> bytes:
    """The bytes of a webhook's key: what ``whsec_`` introduces is base64 (Standard Webhooks), all else is text."""
    text = secret.get_secret_value()
    if not text.startswith("whsec_"):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return b""


class SmtpDestination(DestinationKeys):
    """An e-mail a day to every owner with the accounts that are theirs on all lists."""

    kind: Literal["smtp"]
    host: str = Field(pattern=r"^[A-Za-z0-9.:_-]+$", description="mail server")
    port: int = Field(587, ge=1, le=65535, description="465 is usual for tls: implicit")
    tls: Literal["starttls", "implicit", "none"] = Field(
        "starttls", description="how the connection is encrypted; none is for a server on this machine only"
    )
    user: str | None = Field(None, description="to log in, with password")
    password: SecretStr | None = Field(None, description="as ${NAME}, with user")
    sender: MailAddress = Field(description="address that the e-mails come from")
    owners: dict[str, MailAddress] = Field(default_factory=dict, description="owner -> address")
    pattern: str | None = Field(
        None,
        description="address of owners that are not among owners, such as {owner}@example.com; an owner's name that "
        "cannot be part of an address goes to fallback",
    )
    fallback: MailAddress = Field(description="address for accounts without an owner, or whose owner has no address")
    attention: Literal["human", "all"] = Field(
        "human", description="which accounts: those that a person is to see to, or all, which a machine writes to too"
    )
    rows: int = Field(
        100, ge=1, le=10_000, description="most accounts of a list in one e-mail; it says how many more there are"
    )
    timeout_seconds: float = Field(30.0, gt=0, le=600, description="for each answer of the server")
    ca_file: Path | None = Field(
        None, description="file of certificates that may have signed the server's; default: those of the machine"
    )

    @field_validator("pattern")
    @classmethod
    def _gives_addresses(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            if pattern.count("{owner}") != 1 or "@" in pattern.partition("{owner}")[0]:
                raise ValueError("give a pattern such as {owner}@example.com")
            mail_address(pattern.replace("{owner}", "kim"))
        return pattern

    @model_validator(mode="after")
    def _safe(self) -> SmtpDestination:
        if (self.user is None) != (self.password is None):
            raise ValueError("give both user and password, or neither")
        if self.tls == "none" and self.host not in _LOOPBACK:
            raise ValueError("tls: none is for a server on this machine only")
        return self


class S3Destination(DestinationKeys):
    """A copy of the published files in object storage; server and credentials are those of ``storage``."""

    kind: Literal["s3"]
    url: ObjectUrl = Field(description="s3://bucket/prefix below which each list has a place of its own")


Destination = Annotated[
    FolderDestination | PostgresqlDestination | WebhookDestination | SmtpDestination | S3Destination,
    Field(discriminator="kind"),
]
