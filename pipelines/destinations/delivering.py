"""Delivering: every list to every destination that wants it, whatever becomes of the others.

Belongs here: which deliveries there are, their order, their receipts. Does not belong here: any kind of destination.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from pipelines.config import Config
from pipelines.destinations.listing import Listing, is_published, read_listing
from pipelines.destinations.receipts import Receipt, read_receipt, receipts_of, write_receipt
from pipelines.errors import ChurnError, NotDelivered, SourceUnavailable
from pipelines.lake import locked

KINDS = {kind: f"pipelines.destinations.{kind}" for kind in ("folder", "postgresql", "webhook", "smtp", "s3")}
"""Kind of destination -> its module, which has ``where(config, keys, list)`` and ``deliver(delivery)``."""

_ONCE = ("webhook", "smtp")
"""Kinds whose receiver is not bothered again with what it has; the others look for themselves what is there."""


@dataclass(frozen=True)
class Delivery:
    """A list on its way to the destination ``name`` with these keys. ``again``: it goes there in any case."""

    config: Config
    name: str
    keys: Any
    listing: Listing
    again: bool = False


def deliveries(
    config: Config, as_of: date, lists: Sequence[str], names: Iterable[str] = (), only: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Which destination is to get which list, as (name, list), in the order of the configuration.

    ``lists`` are all that there may be; a destination that names none gets those of them that are published. ``names``
    and ``only`` limit destinations and lists. Raises ChurnError for a name that no destination has.
    """
    chosen = list(names) or list(config.destinations)
    for name in chosen:
        if name not in config.destinations:
            raise ChurnError(
                f"there is no destination {name}",
                f"choose among {', '.join(config.destinations)}" if config.destinations else "configure destinations",
            )
    return [
        (name, each)
        for name, keys in config.destinations.items()
        if name in chosen
        for each in keys.lists or [each for each in lists if each in only or is_published(config, each, as_of)]
        if not only or each in only
    ]


def deliver_all(
    config: Config,
    as_of: date,
    lists: Sequence[str],
    names: Iterable[str] = (),
    only: Sequence[str] = (),
    again: bool = False,
    say: Callable[[str], None] | None = None,
) -> list[Receipt]:
    """Make all ``deliveries``, each to its receipt; a destination that fails does not keep the others from theirs."""
    receipts = []
    for name, each in deliveries(config, as_of, lists, names, only):
        receipts.append(deliver(config, name, each, as_of, again))
        if say:
            say(told(receipts[-1]))
    return receipts


def deliver(config: Config, name: str, list_name: str, as_of: date, again: bool = False) -> Receipt:
    """Bring one list of a day to one destination; what fails is in the receipt, with its remedy."""
    keys = config.destinations[name]
    with locked(receipts_of(config, name, list_name) / ".lock"):
        before = read_receipt(config, name, list_name, as_of)
        place = place_of(config, name, list_name)
        settings = _settings(keys, place)
        begun = Receipt(name, keys.kind, list_name, str(as_of), place, "failed", "", 0, 0, settings)
        try:
            listing = read_listing(config, list_name, as_of)
            tries = before.attempts if before and before.digest == listing.digest else 0
            begun = replace(begun, digest=listing.digest, rows=len(listing.rows), attempts=tries)
            has_it = before is not None and before.says(listing.digest, settings)
            changed = False
            if again or not has_it or keys.kind not in _ONCE:
                begun = replace(begun, attempts=tries + 1)
                changed = _module(keys.kind).deliver(Delivery(config, name, keys, listing, again))
            status: Literal["delivered", "unchanged"] = "delivered" if changed else "unchanged"
            at = before.delivered_at if before and has_it and not changed else None
            receipt = replace(begun, status=status, delivered_at=at or _now())
        except (ChurnError, OSError) as error:
            receipt = _failed(begun, error)
        write_receipt(config, receipt)
        return receipt


def place_of(config: Config, name: str, list_name: str) -> str:
    """Where a list goes to, without any secret."""
    keys = config.destinations[name]
    return str(_module(keys.kind).where(config, keys, list_name))


def told(receipt: Receipt) -> str:
    """A receipt in one line."""
    what = f"{receipt.destination}: {receipt.list} of {receipt.as_of} to {receipt.where}: {receipt.status}"
    return f"{what}: {receipt.message}" if receipt.status == "failed" else f"{what}, {receipt.rows:,} rows"


def require_delivered(receipts: Sequence[Receipt]) -> None:
    """Raises NotDelivered naming every failure among the receipts with its remedy."""
    failed = [each for each in receipts if each.status == "failed"]
    if failed:
        raise NotDelivered(
            "; ".join(f"destination {each.destination} did not get {each.list} of {each.as_of}: {each.message}"
                      for each in failed),
            "; ".join(dict.fromkeys(str(each.remedy) for each in failed))
            + f"; then run: churn export {' '.join(dict.fromkeys(each.destination for each in failed))} "
            f"--as-of {failed[0].as_of}",
        )  # fmt: skip


def _module(kind: str) -> Any:
    return importlib.import_module(KINDS[kind])


def _settings(keys: Any, place: str) -> str:
    """A digest of a destination's keys, in which secrets are masked: with others, its receipts no longer hold."""
    text = json.dumps([keys.model_dump(mode="json"), place], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _failed(begun: Receipt, error: ChurnError | OSError) -> Receipt:
    if isinstance(error, ChurnError):
        temporary = isinstance(error, SourceUnavailable)
        return replace(begun, message=error.message, remedy=error.remedy, temporary=temporary)
    said = f"{error.strerror or error}: {error.filename}" if error.filename else str(error.strerror or error)
    return replace(begun, message=said, remedy="see that there is room and permission to write there")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
