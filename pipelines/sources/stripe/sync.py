"""Reading from Stripe what is not on file yet: runs that go on where they were killed.

Belongs here: the order of reading and the cursor. Does not belong here: how Stripe is asked (``client``) and how
objects are kept (``store``).

The first run reads everything, and the events that Stripe still has. Later runs read what was created since, the events
since, and of older objects those that an event names. Where the last run is longer ago than Stripe keeps events,
everything is read again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from pipelines.errors import ChurnError
from pipelines.sources.stripe.client import Client
from pipelines.sources.stripe.kinds import EVENTS, EVENTS_DAYS, Kind
from pipelines.sources.stripe.store import Cursor, Object, Store

if TYPE_CHECKING:
    import duckdb

_log = logging.getLogger(__name__)

_DAY = 86_400
_PAGES = 10
"""Pages that become one file: what is asked for again after a crash."""

_TOGETHER = 200
"""Objects asked for one by one that become one file."""

_MARGIN = 3600
"""Seconds by which Stripe may forget events earlier than it says."""


@dataclass(frozen=True)
class Sync:
    """Brings the objects of these kinds on file up to date."""

    client: Client
    store: Store
    kinds: Sequence[Kind]
    con: duckdb.DuckDBPyConnection
    overlap: int = _MARGIN
    clock: Callable[[], float] = time.time
    say: Callable[[str], None] = _log.info

    def until(self, moment: float) -> Cursor:
        """Read until everything is on file that Stripe knew at ``moment`` (Unix seconds), or knows by now."""
        cursor, moment = self.store.cursor(), min(moment, int(self.clock()))
        while not self._is_read(cursor, moment):
            if cursor.run is None or self._is_too_old(cursor.run["since"], cursor.run["began"]):
                self._check_account(cursor)
                cursor.run = self._new_run(cursor)
                self.store.keep(cursor)
            self._go_on(cursor)
        return cursor

    def _is_read(self, cursor: Cursor, moment: float) -> bool:
        wanted = {kind.name for kind in self.kinds}
        return cursor.run is None and cursor.read_at is not None and cursor.read_at >= moment and wanted <= set(
            cursor.kinds
        )  # fmt: skip

    def _is_too_old(self, since: int | None, began: int) -> bool:
        """Whether a run cannot be followed by one that reads events only."""
        return self.clock() - (began if since is None else since) > EVENTS_DAYS * _DAY - _MARGIN

    def _new_run(self, cursor: Cursor) -> dict[str, Any]:
        now = int(self.clock())
        since = None if cursor.read_at is None else cursor.read_at - self.overlap
        if since is not None and not {kind.name for kind in self.kinds} <= set(cursor.kinds):
            self.say("Stripe: tables were added to the source, so everything is read again")
            since = None
        if since is not None and now - since > EVENTS_DAYS * _DAY - _MARGIN:
            self.say(
                f"Stripe: the last read was {(now - since) // _DAY} days ago and events are kept for {EVENTS_DAYS}, so "
                "everything is read again; states that came and went in between are lost"
            )
            since = None
        return {"began": now, "since": since, "step": 0, "after": None, "kinds": [kind.name for kind in self.kinds]}

    def _steps(self, run: dict[str, Any]) -> list[tuple[Kind, str]]:
        """What a run reads in turn: a kind, and ``list``, ``changed`` or the type of events."""
        kinds = [kind for kind in self.kinds if kind.name in run["kinds"]]
        if run["since"] is None:
            return [
                # first what Stripe is about to forget
                *((kind, type_) for kind in kinds for type_ in kind.kept),
                *((kind, "list") for kind in kinds),
                # what was taken from its customer is in no list
                *((kind, "changed") for kind in kinds if not kind.dated),
            ]
        return [
            *((kind, "list") for kind in kinds if kind.dated),
            *((kind, type_) for kind in kinds for type_ in kind.events),
            *((kind, "changed") for kind in kinds if kind.events),
        ]

    def _go_on(self, cursor: Cursor) -> None:
        run = cursor.run
        assert run is not None  # noqa: S101  the caller has begun one
        steps = self._steps(run)
        while run["step"] < len(steps):
            kind, what = steps[run["step"]]
            if what == "changed":
                self._read_changed(cursor, kind)
            else:
                self._read_list(cursor, run, kind, what)
            run["step"], run["after"] = run["step"] + 1, None
            self.store.keep(cursor)
            self.say(f"Stripe: {kind.name} ({what}) read, step {run['step']} of {len(steps)}")
        self._finish(cursor, run)

    def _read_list(self, cursor: Cursor, run: dict[str, Any], kind: Kind, what: str) -> None:
        params: dict[str, Any] = {}
        asked = kind if what == "list" else EVENTS
        if what != "list":
            params["type"] = what
        since = _events_since(run) if what != "list" else run["since"]
        if since is not None:
            params["created"] = {"gte": since}
        more = True
        while more:
            objects: list[Object] = []
            for _ in range(_PAGES):
                page = self.client.page(asked, params, run["after"])
                objects += page.objects
                # a page without objects cannot be followed
                more = page.more and bool(page.objects)
                if not more:
                    break
                run["after"] = page.objects[-1]["id"]
            self.store.add(cursor, asked.name, objects, int(self.clock()))
            if more:
                self.store.keep(cursor)

    def _read_changed(self, cursor: Cursor, kind: Kind) -> None:
        assert cursor.run is not None  # noqa: S101
        stale = iter(self.store.stale(self.con, kind, cursor, _events_since(cursor.run)))
        while ids := list(islice(stale, _TOGETHER)):
            self.store.add(cursor, kind.name, self._present(kind, ids), int(self.clock()))
            self.store.keep(cursor)

    def _present(self, kind: Kind, ids: Sequence[str]) -> Iterator[Object]:
        for id_ in ids:
            found = self.client.one(kind, id_)
            yield found if found is not None else {"id": id_, "object": kind.object, "deleted": True}

    def _finish(self, cursor: Cursor, run: dict[str, Any]) -> None:
        begins = run["began"] - EVENTS_DAYS * _DAY + _MARGIN
        same = set(run["kinds"]) <= set(cursor.kinds)
        if same and cursor.covered and (run["since"] is not None or cursor.covered[-1][1] >= begins):
            cursor.covered[-1][1] = run["began"]
        else:
            cursor.covered.append([begins, run["began"]])
        cursor.read_at, cursor.kinds, cursor.run = run["began"], run["kinds"], None
        self.store.keep(cursor)

    def _check_account(self, cursor: Cursor) -> None:
        """ChurnError if the key belongs to another account than the objects on file."""
        customers = next((kind for kind in self.kinds if kind.name == "customers"), None)
        known = self.store.known(self.con, "customers", cursor) if customers else None
        if customers is None or known is None:
            return
        found = self.client.exists(customers, known)
        if not found:
            raise ChurnError(
                f"the API key is of another Stripe account than the objects kept in {self.store.root}",
                "use a key of the former account, or remove that folder to read the new account from the beginning",
            )


def _events_since(run: dict[str, Any]) -> int:
    """From when on a run reads events: all that there are if it reads everything."""
    return int(run["began"] - EVENTS_DAYS * _DAY if run["since"] is None else run["since"])
