"""Asking Stripe: the official client, patience with limits and failures, errors that say what to do.

Belongs here: everything that knows the ``stripe`` library. Does not belong here: what is asked (``kinds``) and in which
order (``sync``). Nothing is ever written to Stripe.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipelines.config import StripeSource
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.sources.stripe.kinds import Kind

if TYPE_CHECKING:
    import stripe

_log = logging.getLogger(__name__)

PAGE = 100
"""Most objects that Stripe gives at once."""

_TRIES = 8
_LONGEST_WAIT = 60.0

_KEY = re.compile(r"(sk|rk|pk)_(test|live)_[\w*]+")


@dataclass(frozen=True)
class Page:
    """A page of a list: the objects as Stripe wrote them, whether there are more."""

    objects: list[dict[str, Any]]
    more: bool


@dataclass(frozen=True)
class Client:
    """A connection to one Stripe account, for reading."""

    source: StripeSource
    pause: Callable[[float], None] = time.sleep

    @cached_property
    def _stripe(self) -> stripe.StripeClient:
        return _library().StripeClient(
            self.source.api_key.get_secret_value(),
            base_addresses={"api": self.source.api_base},
            max_network_retries=2,
        )

    def page(self, kind: Kind, params: Mapping[str, Any], after: str | None) -> Page:
        """The page of a kind's list that follows the object ``after``, with long lists within objects completed."""
        expand = [f"data.{name}" for name in kind.expand]
        page = self._list(kind, kind.name, {**kind.params, **params}, after, expand)
        if page is None:
            # the object after which to go on is gone: from the beginning, as what comes twice counts once
            return self.page(kind, params, None)
        for each in page.objects:
            self._complete(kind, each)
        return page

    def one(self, kind: Kind, id_: str) -> dict[str, Any] | None:
        """One object as it now is, None if it was deleted or never was."""
        found = self._ask(kind, f"{kind.name}/{quote(id_)}", {"expand": list(kind.expand)} if kind.expand else {})
        if found is None or found.get("deleted"):
            return None
        self._complete(kind, found)
        return found

    def exists(self, kind: Kind, id_: str) -> bool:
        """Whether the account has or had this object."""
        return self._ask(kind, f"{kind.name}/{quote(id_)}", {}) is not None

    def _list(
        self, kind: Kind, path: str, params: Mapping[str, Any], after: str | None, expand: Sequence[str] = ()
    ) -> Page | None:
        """A page, None if it should follow an object that is no longer there."""
        given = {"limit": PAGE, **params, **({"expand": list(expand)} if expand else {})}
        found = self._ask(kind, path, given | ({"starting_after": after} if after else {}))
        return None if found is None else Page(found["data"], bool(found["has_more"]))

    def _complete(self, kind: Kind, value: dict[str, Any]) -> None:
        """Fetch the rest of a list that came within an object and was cut short."""
        inner = {"invoices": "lines", "subscriptions": "items"}.get(kind.name, "")
        rows = value.get(inner) or {}
        path = f"invoices/{quote(value['id'])}/lines" if inner == "lines" else "subscription_items"
        params = {} if inner == "lines" else {"subscription": value["id"]}
        while rows.get("has_more"):
            page = self._list(kind, path, params, rows["data"][-1]["id"])
            if page is None:  # it changed meanwhile: an event will tell of it
                break
            rows["data"] += page.objects
            rows["has_more"] = page.more and bool(page.objects)

    def _ask(self, kind: Kind, path: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """The JSON that Stripe answers, None if what is named is not there.

        Not by the client's services: they make objects of every part of the answer, which takes most of the time.
        """
        stripe = _library()
        try:
            answer = self._patiently(kind, lambda: self._stripe.raw_request("get", f"/v1/{path}", **params))
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return None
            raise ChurnError(
                f"Stripe at {self.source.api_base} refuses to give {kind.name}: {_said(error)}",
                "check sources.*.api_base and the version of the stripe library",
            ) from error
        return dict(answer.data)

    def _patiently(self, kind: Kind, ask: Callable[[], Any]) -> Any:
        """What ``ask`` gives, after waiting as Stripe says; ChurnError or SourceUnavailable if it gives nothing."""
        stripe = _library()
        for tried in range(1, _TRIES + 1):
            try:
                return ask()
            except stripe.AuthenticationError as error:
                raise ChurnError(
                    f"Stripe does not accept the API key ({'live' if self.source.live else 'test'} mode)",
                    "check the environment variable that sources.*.api_key refers to; keys expire and are rolled",
                ) from error
            except stripe.PermissionError as error:
                raise ChurnError(
                    f"the API key may not read Stripe's {kind.name}: {_said(error)}",
                    f"give the restricted key the permission {kind.permission}: Read, or leave the tables that need it "
                    "out of sources.*.tables",
                ) from error
            except (stripe.RateLimitError, stripe.APIConnectionError, stripe.APIError) as error:
                # the client itself has tried thrice, but for limits
                if tried == (_TRIES if isinstance(error, stripe.RateLimitError) else _TRIES // 2):
                    raise self._unavailable(kind, error) from error
                wait = _wait(error, tried)
                _log.info("Stripe's %s: %s; trying again in %.1f s", kind.name, type(error).__name__, wait)
                self.pause(wait)
        raise AssertionError("the last try returns or raises")

    def _unavailable(self, kind: Kind, error: Exception) -> SourceUnavailable:
        return SourceUnavailable(
            f"Stripe's {kind.name} cannot be read from {self.source.api_base}: {_said(error)}",
            "run the same command again: it goes on where it was; check the network, a proxy and status.stripe.com",
        )


def _library() -> ModuleType:
    """The library of Stripe, which then reports nothing home."""
    try:
        import stripe
    except ImportError as error:
        raise ChurnError(
            "the source kind stripe needs the stripe library", 'pip install "churn-pipeline[stripe]"'
        ) from error
    stripe.enable_telemetry = False
    return stripe


def _wait(error: Exception, tried: int) -> float:
    """Seconds until the next try: as many as Stripe asks for, else doubling from half a second."""
    asked = {str(key).lower(): value for key, value in (getattr(error, "headers", None) or {}).items()}
    try:
        return min(max(float(asked["retry-after"]), 0.0), _LONGEST_WAIT)
    except (KeyError, ValueError):
        return min(0.5 * 2.0 ** (tried - 1), _LONGEST_WAIT)


def _said(error: Exception) -> str:
    """The first sentence of an error, without any key."""
    said = " ".join(str(getattr(error, "user_message", None) or error).split())
    return _KEY.sub("***", said)[:300]
