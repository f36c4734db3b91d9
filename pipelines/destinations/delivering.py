"""Delivering: every list to every destination that wants it, whatever becomes of the others.

Belongs here: which deliveries there are, their order, their receipts. Does not belong here: any kind of destination.
Most kinds get one list after the other; some get those of a day together, with a receipt for each all the same.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from pipelines.config import Config
from pipelines.destinations.listing import Listing, is_published, read_listing
from pipelines.destinations.receipts import Receipt, read_receipt, receipts_of, write_receipt
from pipelines.errors import ChurnError, NotDelivered, SourceUnavailable
from pipelines.lake import locked

KINDS = {kind: f"pipelines.destinations.{kind}" for kind in ("folder", "postgresql", "webhook", "smtp", "s3")}
"""Kind of destination -> its module, which has ``where(config, keys, list)`` and ``deliver(delivery)``."""

_ONCE = ("webhook",)
"""Kinds whose receiver is not bothered again with what it has; the others look for themselves what is there."""

_TOGETHER = ("smtp",)
"""Kinds that get a ``DayDelivery``; their receivers are not bothered again either."""


@dataclass(frozen=True)
class Delivery:
    """A list on its way to the destination ``name`` with these keys. ``again``: it goes there in any case."""

    config: Config
    name: str
    keys: Any
    listing: Listing
    again: bool = False


@dataclass(frozen=True)
class DayDelivery:
    """The lists of a day, one at least, on their way to the destination ``name`` together. ``again``: in any case."""

    config: Config
    name: str
    keys: Any
    as_of: date
    listings: Sequence[Listing]
    again: bool = False


def deliveries(
    config: Config, as_of: date, lists: Sequence[str], names: Iterable[str] = (), only: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Which destination is to get which list, as (name, list), in the order of the configuration.

    ``lists`` are all that there may be; a destination that names none gets those of them that are published. ``names``
    and ``only`` limit destinations and lists; what gets its lists together gets all of them if ``only`` names any.
    Raises ChurnError for a name that no destination has.
    """
    chosen = list(names) or list(config.destinations)
    for name in chosen:
        if name not in config.destinations:
            raise ChurnError(
                f"there is no destination {name}",
                f"choose among {', '.join(config.destinations)}" if config.destinations else "configure destinations",
            )
    wanted = []
    for name in (name for name in config.destinations if name in chosen):
        keys = config.destinations[name]
        all_of_it = keys.lists or [each for each in lists if each in only or is_published(config, each, as_of)]
        asked = [each for each in all_of_it if not only or each in only]
        wanted += [(name, each) for each in (all_of_it if asked and keys.kind in _TOGETHER else asked)]
    return wanted


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
    for name, group in groupby(deliveries(config, as_of, lists, names, only), key=itemgetter(0)):
        wanted = [each for _, each in group]
        made: Iterable[Receipt]
        if config.destinations[name].kind in _TOGETHER:
            made = deliver_together(config, name, wanted, as_of, again)
        else:
            made = (deliver(config, name, each, as_of, again) for each in wanted)
        for receipt in made:
            receipts.append(receipt)
            if say:
                say(told(receipt))
    return receipts


def deliver(config: Config, name: str, list_name: str, as_of: date, again: bool = False) -> Receipt:
    """Bring one list of a day to one destination; what fails is in the receipt, with its remedy."""
    keys = config.destinations[name]
    with locked(receipts_of(config, name, list_name) / ".lock"):
        before, begun = _begun(config, name, list_name, as_of)
        try:
            listing = read_listing(config, list_name, as_of)
            begun, has_it = _of_content(begun, before, listing)
            changed = False
            if again or not has_it or keys.kind not in _ONCE:
                begun = replace(begun, attempts=begun.attempts + 1)
                changed = _module(keys.kind).deliver(Delivery(config, name, keys, listing, again))
            receipt = _done(begun, before if has_it else None, changed)
        except (ChurnError, OSError) as error:
            receipt = _failed(begun, error)
        write_receipt(config, receipt)
        return receipt


def deliver_together(
    config: Config, name: str, lists: Sequence[str], as_of: date, again: bool = False
) -> list[Receipt]:
    """Bring the lists of a day to one destination that gets them together; a receipt for each, in their order.

    A list that cannot be read does not keep the others. Nothing is brought if all of them are there; else the
    destination gets all, and those that it had keep their receipts.
    """
    keys = config.destinations[name]
    with locked(receipts_of(config, name) / ".lock"):
        receipts: dict[str, Receipt] = {}
        listings: list[Listing] = []
        missing: dict[str, Receipt] = {}
        for each in dict.fromkeys(lists):
            before, begun = _begun(config, name, each, as_of)
            try:
                listings.append(read_listing(config, each, as_of))
            except (ChurnError, OSError) as error:
                receipts[each] = _failed(begun, error)
                continue
            begun, has_it = _of_content(begun, before, listings[-1])
            if has_it and not again:
                receipts[each] = _done(begun, before, changed=False)
            else:
                missing[each] = replace(begun, attempts=begun.attempts + 1)
        if missing:
            try:
                changed = _module(keys.kind).deliver(DayDelivery(config, name, keys, as_of, listings, again))
                receipts |= {each: _done(begun, None, changed) for each, begun in missing.items()}
            except (ChurnError, OSError) as error:
                receipts |= {each: _failed(begun, error) for each, begun in missing.items()}
        for receipt in receipts.values():
            write_receipt(config, receipt)
        return [receipts[each] for each in dict.fromkeys(lists)]


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


def _begun(config: Config, name: str, list_name: str, as_of: date) -> tuple[Receipt | None, Receipt]:
    """The last receipt of a list, and the one that is being made, which has failed until it is done."""
    keys, place = config.destinations[name], place_of(config, name, list_name)
    begun = Receipt(name, keys.kind, list_name, str(as_of), place, "failed", "", 0, 0, _settings(keys, place))
    return read_receipt(config, name, list_name, as_of), begun


def _of_content(begun: Receipt, before: Receipt | None, listing: Listing) -> tuple[Receipt, bool]:
    """The receipt with what is known of its content, and whether the destination has that already."""
    tries = before.attempts if before and before.digest == listing.digest else 0
    has_it = before is not None and before.says(listing.digest, begun.settings)
    return replace(begun, digest=listing.digest, rows=len(listing.rows), attempts=tries), has_it


def _done(begun: Receipt, before: Receipt | None, changed: bool) -> Receipt:
    """``before``: the receipt by which the destination had the content."""
    at = before.delivered_at if before and not changed else None
    return replace(begun, status="delivered" if changed else "unchanged", delivered_at=at or _now())


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
