"""Destinations of kind ``smtp``: an e-mail a day to every owner with their accounts on all lists.

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
from typing import Any

from pipelines.config import Config
from pipelines.config.destinations import SmtpDestination, mail_address
from pipelines.destinations.delivering import DayDelivery
from pipelines.destinations.mail import Digest, compose, plain
from pipelines.destinations.receipts import receipts_of
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.lake import read_json, write_json


def where(config: Config, keys: SmtpDestination, list_name: str) -> str:
    """The mail server."""
    return f"smtp://{keys.host}:{keys.port}"


def deliver(delivery: DayDelivery) -> bool:
    """Send every e-mail that has not been sent; whether there was any. Raises SourceUnavailable if the server does not
    answer or puts it off, and ChurnError if it refuses; the other owners have then got theirs."""
    record = _record(delivery)
    written = _messages(delivery)
    # of what an owner got before and is no longer true, nothing is left: going back to it is news again
    sent = set() if delivery.again else _sent(record) & {each["Message-ID"] for each in written}
    messages = [each for each in written if each["Message-ID"] not in sent]
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
            write_json(record, {"sent": sorted(sent)})
    if refused:
        raise _refusal(refused, _place(delivery))
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


def _messages(delivery: DayDelivery) -> list[EmailMessage]:
    """An e-mail per owner, in the order of their names, those without one last."""
    from pipelines.plays import by_name

    keys, company = delivery.keys, delivery.config.company
    owners: dict[str | None, dict[str, list[dict[str, Any]]]] = {}
    for listing in delivery.listings:
        for row in listing.rows:
            if keys.attention == "all" or row.get("attention") != "automated":
                owners.setdefault(row["owner"] or None, {}).setdefault(listing.name, []).append(row)
    known = by_name(delivery.config)
    return [
        compose(Digest(company, delivery.as_of, owner, lists), keys.sender, address_of(keys, owner), known, keys.rows)
        for owner, lists in sorted(owners.items(), key=lambda each: (each[0] is None, each[0] or ""))
    ]


def _place(delivery: DayDelivery) -> str:
    return where(delivery.config, delivery.keys, "")


def _record(delivery: DayDelivery) -> Path:
    return receipts_of(delivery.config, delivery.name) / f"as_of={delivery.as_of}.sent.json"


def _sent(record: Path) -> set[str]:
    """Message-IDs that the server took of the day's e-mails as they were last."""
    return set(read_json(record)["sent"]) if record.exists() else set()


@contextmanager
def _nobody() -> Iterator[smtplib.SMTP]:
    """No connection, where there is nothing to send."""
    yield smtplib.SMTP()


@contextmanager
def _connected(delivery: DayDelivery) -> Iterator[smtplib.SMTP]:
    """The server, encrypted and logged in; what breaks the connection is told with its remedy."""
    keys, place = delivery.keys, _place(delivery)
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
