"""The shop with private records and published lists of February, whose outcomes are known on 20 March.

Of its accounts a03, a10, a17 and a24 leave, on 12, 19 and 26 February and on 5 March.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.config import Config

ENTRY, KNOWN = date(2025, 2, 10), date(2025, 3, 20)


@pytest.fixture(scope="session")
def accepted_shop(make_shop: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose tables of KNOWN are accepted: copy it."""
    made = make_shop(tmp_path_factory.mktemp("accepted") / "shop")
    made.accept(KNOWN)
    return Path(made.root)


@pytest.fixture
def known_shop(shop: Any, accepted_shop: Path) -> Any:
    """The shop with accepted tables of KNOWN."""
    shutil.copytree(accepted_shop, shop.root, dirs_exist_ok=True, symlinks=True)
    return shop


@pytest.fixture
def recorded() -> Callable[..., None]:
    """Writes the record of a list's day: account -> (arm, since), or also the play and the stratum."""
    import pandas as pd

    from pipelines.lists.record import write_record

    def write(config: Config, name: str, day: date, accounts: Mapping[str, Sequence[Any]]) -> None:
        rows = []
        for account, (arm, since, *rest) in accounts.items():
            play, stratum = rest or ("check_in", "human, check_in")
            rows.append(
                {"account_id": account, "arm": arm, "rank": None if arm == "holdout" else 1, "since": since,
                 "probability": 0.3, "mrr": 5000, "expected_value": 100, "attention": "human", "play": play,
                 "trigger": None, "stratum": stratum, "model_version": "1"}
            )  # fmt: skip
        write_record(config, name, day, pd.DataFrame(rows))

    return write


@pytest.fixture
def with_outreach() -> Callable[..., None]:
    """Gives a shop a table of outreach: rows of account, instant and day of the list that led to it, or None."""

    def give(shop: Any, rows: Sequence[tuple[str, str, str | None]]) -> None:
        shop.write(
            "outreach.csv",
            [{"acc": account, "at": at, "what": "check_in", "list": listed or ""} for account, at, listed in rows],
        )
        shop.tables["outreach"] = {
            "files": "outreach.csv",
            "columns": {"account_id": "acc", "contacted_at": "at", "play": "what", "list_as_of": "list"},
        }

    return give


@pytest.fixture
def publish() -> Callable[..., Path]:
    """Publishes a list of a day that names accounts with their MRR, and what it promises."""
    from pipelines.day_folders import publish_day
    from pipelines.exports import home

    def write(
        config: Config,
        day: date,
        mrr: Mapping[str, float | None],
        expected: Sequence[float] | None = (1.0, 0.0, 3.0),
        name: str = "at_risk",
        **manifest: Any,
    ) -> Path:
        rows = [{"account_id": account, "mrr": amount} for account, amount in mrr.items()]
        promise = None if expected is None else dict(zip(("value", "low", "high"), expected, strict=True))
        told = {
            "list": name, "as_of": str(day), "rows": len(rows), "outcome": config.outcome.model_dump(),
            "probability_of": None if expected is None else "churn", "expected_leavers": promise,
            "expected_monthly_loss": None if expected is None else 12.5, "currency": "EUR",
            "model": None if expected is None else {"version": "1", "hindsight": False},
        } | manifest  # fmt: skip
        files = {f"{name}.json": json.dumps(rows).encode(), "manifest.json": json.dumps(told).encode()}
        publish_day(home(config, name), day, files)
        return home(config, name)

    return write
