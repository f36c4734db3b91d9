"""Destinations of kind ``smtp``: an e-mail to every owner with their accounts on a list.

Belongs here: who gets one, the connection, what has been sent. Does not belong here: what it says (``mail``).

All e-mails are made before the first is sent. What the server took is recorded after each, so that a delivery that
broke off goes on with the rest; one that the server took in the moment of a crash comes twice, with one Message-ID.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import localtime
from pathlib import Path

from pipelines.config import Config
from pipelines.config.destinations import SmtpDestination, mail_address
from pipelines.destinations.delivering import Delivery
from pipelines.destinations.listing import Listing
from pipelines.destinations.mail import compose, plain
from pipelines.destinations.receipts import receipts_of
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.lake import read_json, write_json


def where(config: Config, keys: SmtpDestination, list_name: str) -> str:
    """The mail server."""
    return f"smtp://{keys.host}:{keys.port}"


def deliver(delivery: Delivery) -> bool:
    """Send every e-mail that has not been sent; whether there was any. Raises SourceUnavailable if the server does not
    answer or puts it off, and ChurnError if it refuses; the other owners have then got theirs."""
    record = _record(delivery)
    sent = set() if delivery.again else _sent(record, delivery.listing)
    messages = [each for each in _messages(delivery) if each["Message-ID"] not in sent]
    refused: dict[str, tuple[int, str]] = {}
    with _connected(delivery) if messages else _nobody() as server:
        for message in messages:
            message["Date"] = localtime()
            try:
                server.send_message(message)
            except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
                refused[message["To"]] = _answer(error)
                continue
            sent.add(message["Message-ID"])
            write_json(record, {"digest": delivery.listing.digest, "sent": sorted(sent)})
    if refused:
        raise _refusal(refused, where(delivery.config, delivery.keys, delivery.listing.name))
    return bool(messages)


def address_of(keys: SmtpDestination, owner: str | None) -> str:
    """The address of an owner: the one that is configured, or by the pattern if the name can be part of an address,
    or else the fallback."""
    if owner is None:
        return keys.fallback
    if owner in keys.owners:
        return keys.owners[owner]
    if keys.pattern and re.fullmatch(r"[A-Za-z0-9](\.?[A-Za-z0-9_+-]+)*", owner) and len(owner) <= 64:
        return mail_address(keys.pattern.replace("{owner}", owner))
    return keys.fallback


def _messages(delivery: Delivery) -> list[EmailMessage]:
    """An e-mail per owner, in the order of their names, those without one last."""
    keys, listing = delivery.keys, delivery.listing
    owners: dict[str | None, list[dict[str, object]]] = {}
    for row in listing.rows:
        owners.setdefault(row["owner"] or None, []).append(row)
    return [
        compose(listing, delivery.config.company, keys.sender, address_of(keys, owner), owner, owners[owner], keys.rows)
        for owner in sorted(owners, key=lambda each: (each is None, each or ""))
    ]


def _record(delivery: Delivery) -> Path:
    listing = delivery.listing
    return receipts_of(delivery.config, delivery.name, listing.name) / f"as_of={listing.as_of}.sent.json"


def _sent(record: Path, listing: Listing) -> set[str]:
    """Message-IDs that the server took of this very list."""
    said = read_json(record) if record.exists() else {}
    return set(said["sent"]) if said.get("digest") == listing.digest else set()


@contextmanager
def _nobody() -> Iterator[smtplib.SMTP]:
    """No connection, where there is nothing to send."""
    yield smtplib.SMTP()


@contextmanager
def _connected(delivery: Delivery) -> Iterator[smtplib.SMTP]:
    """The server, encrypted and logged in; what breaks the connection is told with its remedy."""
    keys, place = delivery.keys, where(delivery.config, delivery.keys, delivery.listing.name)
    trusted = str(delivery.config.path(keys.ca_file)) if keys.ca_file else None
    try:
        context = ssl.create_default_context(cafile=trusted)
    except OSError as error:
        raise ChurnError(f"{trusted} is no file of certificates: {error}", "correct ca_file") from error
    seconds, implicit = keys.timeout_seconds, keys.tls == "implicit"
    try:
        with (
            smtplib.SMTP_SSL(keys.host, keys.port, timeout=seconds, context=context)
            if implicit
            else smtplib.SMTP(keys.host, keys.port, timeout=seconds)
        ) as server:
            if keys.tls == "starttls":
                server.starttls(context=context)
            if keys.user is not None and keys.password is not None:
                server.login(keys.user, keys.password.get_secret_value())
            yield server
    except smtplib.SMTPAuthenticationError as error:
        raise ChurnError(f"{place} refuses user and password ({error.smtp_code})", "correct them") from None
    except smtplib.SMTPNotSupportedError as error:
        raise ChurnError(f"{place}: {error}", "correct tls, or take another server") from None
    except ssl.SSLError as error:
        raise ChurnError(
            f"{place} cannot be trusted: {error.reason or error}",
            "correct host or tls, or name the certificates by ca_file",
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise SourceUnavailable(
            f"{place} cannot be reached, or broke off: {plain(str(error)) or type(error).__name__}",
            "see that it runs and can be reached from here",
        ) from None


def _answer(error: smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused) -> tuple[int, str]:
    """Code and text with which the server refused one e-mail."""
    code: int
    text: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    else:
        code, text = error.smtp_code, error.smtp_error
    return code, plain(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)


def _refusal(refused: dict[str, tuple[int, str]], place: str) -> ChurnError:
    said = "; ".join(f"{address}: {code} {text}" for address, (code, text) in sorted(refused.items()))
    # 4xx: the server asks to come later
    kind = SourceUnavailable if any(code < 500 for code, _ in refused.values()) else ChurnError
    return kind(
        f"{place} refused {len(refused)} e-mails, the others are sent: {said}",
        "correct owners, pattern, fallback or sender, or try again later",
    )
