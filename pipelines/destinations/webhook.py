"""Destinations of kind ``webhook``: a list as signed JSON, by HTTP POST, in chunks.

Belongs here: the requests, their signature, retries, what was not taken. Does not belong here: anything that a receiver
does with them. Headers and signature are those of Standard Webhooks: HMAC-SHA256 over ``<id>.<timestamp>.<body>``.

What is not taken is kept in the dead-letter file, a JSON object per line with ``id`` and ``body``. The next delivery of
the same list sends just these; an id stands for the content of a chunk, so a receiver knows one that it has.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipelines.config import Config
from pipelines.config.destinations import WebhookDestination, signing_key
from pipelines.destinations.delivering import Delivery
from pipelines.destinations.listing import Listing
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.lake import replacing

if TYPE_CHECKING:
    from pipelines.plays import Play

_LATER = (408, 425, 429)
"""Answers of the 4xx that ask for another attempt, besides all of the 5xx."""

_MOST_READ = 64 << 10
"""Bytes of an answer: no more is of interest."""


@dataclass(frozen=True)
class Chunk:
    """A part of a list: ``id`` is its idempotency key."""

    id: str
    body: str


def where(config: Config, keys: WebhookDestination, list_name: str) -> str:
    """Scheme, host and port: a path may hold a token."""
    parts = urlsplit(keys.url.get_secret_value())
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}"


def deliver(delivery: Delivery) -> bool:
    """Send what has not been taken. Raises SourceUnavailable if the receiver does not answer or asks to come later,
    and ChurnError if it refuses; what it did not take is then in the dead-letter file."""
    keys, listing = delivery.keys, delivery.listing
    dead = dead_letters(delivery.config, delivery.name, listing)
    left = list(chunks(delivery.config, listing, keys.rows))
    if not delivery.again:
        # those of a delivery of this very list; what was kept of another one is out of date
        kept = _kept(dead)
        left = [each for each in left if each in kept] or left
    sender = _Sender(keys, delivery.config, where(delivery.config, keys, listing.name))
    while left:
        try:
            sender.send(left[0])
        except ChurnError as error:
            _keep(dead, left)
            raise type(error)(f"{error.message}; {len(left)} requests are kept in {dead}", error.remedy) from error
        left.pop(0)
    dead.unlink(missing_ok=True)
    return True


def chunks(config: Config, listing: Listing, most: int) -> Iterator[Chunk]:
    """The list in parts of at most so many rows, one at least, numbered from 1, with the messages to the accounts that
    a machine sees to; the same list and plays give the same bytes."""
    from pipelines.plays import by_name

    known = by_name(config)
    parts = [listing.rows[start : start + most] for start in range(0, len(listing.rows), most)] or [[]]
    for number, rows in enumerate(parts, start=1):
        said = {
            "list": listing.name,
            "version": listing.manifest["version"],
            "as_of": str(listing.as_of),
            "digest": listing.digest,
            "chunk": number,
            "chunks": len(parts),
            "manifest": listing.manifest,
            "rows": rows,
            "messages": list(_messages(config, known, rows)),
        }
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        yield Chunk(f"churn_{hashlib.sha256(body.encode()).hexdigest()[:32]}", body)


def _messages(config: Config, known: Mapping[str, Play], rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Of the automated rows whose play is known what is written to the account."""
    from pipelines.plays import message

    for row in rows:
        play = known.get(row.get("play") or "") if row.get("attention") == "automated" else None
        if play:
            yield {"rank": row["rank"], "account_id": row["account_id"], **message(play, row, config)}


def signature(key: bytes, chunk: str, timestamp: int, body: bytes) -> str:
    """What the header ``webhook-signature`` says of a request with this id."""
    signed = hmac.new(key, f"{chunk}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def dead_letters(config: Config, name: str, listing: Listing) -> Path:
    """The dead-letter file of a destination for a list of a day."""
    return config.path(config.state) / "dead_letters" / name / listing.name / f"as_of={listing.as_of}.jsonl"


def _kept(dead: Path) -> list[Chunk]:
    if not dead.exists():
        return []
    return [Chunk(**json.loads(line)) for line in dead.read_text("utf-8").split("\n") if line]


def _keep(dead: Path, left: list[Chunk]) -> None:
    with replacing(dead) as fresh:
        lines = (json.dumps({"id": each.id, "body": each.body}, ensure_ascii=False) + "\n" for each in left)
        fresh.write_text("".join(lines), "utf-8")


class _Sender:
    """A connection to the receiver."""

    def __init__(self, keys: WebhookDestination, config: Config, place: str) -> None:
        import urllib3

        self.keys, self.place = keys, place
        # of the standard library's certificates, or only those that are named
        trusted: dict[str, Any] = {"ca_certs": str(config.path(keys.ca_file))} if keys.ca_file else {}
        self.pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=keys.timeout_seconds, read=keys.timeout_seconds),
            cert_reqs="CERT_REQUIRED",
            **trusted,
        )

    def send(self, chunk: Chunk) -> None:
        """Send a chunk until it is taken, ``attempts`` times at most, waiting twice as long each time or as long as
        the receiver asks for, but never longer than ``longest_wait_seconds``."""
        # waits differ between chunks and destinations, and are the same when the delivery is repeated
        rng = random.Random(f"{self.place} {chunk.id}")  # noqa: S311
        for attempt in range(1, self.keys.attempts + 1):
            problem, asked = self._attempt(chunk)
            if problem is None:
                return
            if attempt < self.keys.attempts:
                backoff = self.keys.backoff_seconds * 2 ** (attempt - 1) * rng.uniform(0.5, 1.0)
                time.sleep(min(max(backoff, asked), self.keys.longest_wait_seconds))
        raise SourceUnavailable(
            f"{self.place} did not take a request in {self.keys.attempts} attempts: {problem}",
            "see that the receiver runs and can be reached from here",
        )

    def _attempt(self, chunk: Chunk) -> tuple[str | None, float]:
        """What kept the receiver from taking the chunk, None if it did, and how long it asks to wait; ChurnError where
        another attempt would come to the same."""
        import urllib3
        from urllib3.exceptions import HTTPError, SSLError

        body, timestamp = chunk.body.encode(), int(time.time())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "churn-pipeline",
            "Idempotency-Key": chunk.id,
            "webhook-id": chunk.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(signing_key(self.keys.secret), chunk.id, timestamp, body),
        }
        url = self.keys.url.get_secret_value()
        try:
            answer = self.pool.request(
                "POST", url, body=body, headers=headers, retries=False, redirect=False, preload_content=False
            )
            text = _text(answer.read(_MOST_READ, decode_content=False))
            answer.close()
        except SSLError as error:
            raise ChurnError(
                f"{self.place} cannot be trusted: {_said(error)}",
                "correct url, or name its certificates by ca_file",
            ) from None
        except HTTPError as error:
            return _said(error), 0.0
        if 200 <= answer.status < 300:
            return None, 0.0
        if answer.status >= 500 or answer.status in _LATER:
            return f"it answered {answer.status}", _asked(answer, urllib3.Retry())
        if 300 <= answer.status < 400:
            to = urlsplit(answer.headers.get("Location", "")).hostname
            raise ChurnError(
                f"{self.place} answered {answer.status}, which leads to {to or 'another path'}; that is not followed",
                "set url to where the receiver is",
            )
        raise ChurnError(
            f"{self.place} refused a request with {answer.status}: {text}",
            "see that url and secret are those of the receiver, and what it expects",
        )


def _asked(answer: Any, retry: Any) -> float:
    """Seconds that ``Retry-After`` asks for, 0 if it does not or cannot be read."""
    from urllib3.exceptions import InvalidHeader

    try:
        return float(retry.get_retry_after(answer) or 0)
    except InvalidHeader:
        return 0.0


def _said(error: Exception) -> str:
    """An error of the connection in short. It may name the path of the url, which may hold a token."""
    cause = error.__cause__ or error.__context__
    return str(cause) if isinstance(cause, OSError) and str(cause) else type(error).__name__


def _text(content: bytes) -> str:
    return " ".join(content.decode("utf-8", "replace").split())[:200]
