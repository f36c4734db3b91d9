"""A shop with lists of a day, made by hand, and a browser to look at its page.

Belongs here: making them. Does not belong here: any expectation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

PICTURES = Path(__file__).resolve().parents[3] / "test-artifacts"
DAY = date(2025, 3, 10)

HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    "\"><img src=x onerror='window.hacked = 3'>",
    "<!-- <script> {{ 7 * 7 }} ]]> &amp; ",
    "line\u2028and\u2029paragraph\nnew\ttab",
    "\u202eright to left\u202c \u200f",
    "👩‍🚀 emoji and Ünïcödé",
    "x" * 10_000,
    "../../etc/passwd\\C:",
    "=cmd|' /C calc'!A0",
    "__proto__",
)  # fmt: skip


@dataclass
class Listing:
    """Publishes lists of a company by hand, as plain rows."""

    config: Any
    as_of: date = DAY

    def row(self, rank: int, account: str, **changed: Any) -> dict[str, Any]:
        told = {
            "rank": rank, "account_id": account, "name": f"Customer {rank}", "owner": f"Owner {rank % 3}",
            "plan": ("basic", "pro")[rank % 2], "mrr": 1000.0 - rank, "currency": "EUR", "play": None,
            "probability": round(0.6 / rank, 4), "expected_loss": round((1000.0 - rank) * 0.6 / rank, 2),
            "expected_value": 100.0 - rank, "attention": ("human", "automated")[rank % 2], "trigger": None,
            "reasons": [
                {"theme": ("usage", "support")[rank % 2], "feature": "logins_28d",
                 "text": f"Sign-ins in the last 28 days: {rank}"},
                {"theme": "price", "feature": "mrr", "text": "MRR: 20 EUR"},
            ],
            "since": str(self.as_of - timedelta(days=rank % 4)), "days_on_list": rank % 4,
            "rank_before": rank + rank % 2, "probability_before": 0.1, "as_of": str(self.as_of), "model_version": "1",
        }  # fmt: skip
        return {**told, **changed}

    def publish(self, name: str, rows: Sequence[dict[str, Any]], **changed: Any) -> None:
        from pipelines.day_folders import publish_day

        with_probability = any(row.get("probability") is not None for row in rows)
        manifest = {
            "list": name, "version": 2, "as_of": str(self.as_of), "rows": len(rows), "eligible_accounts": 500,
            "expected_leavers": {"value": 6.5, "low": 2.0, "high": 12.0} if with_probability else None,
            "expected_monthly_loss": 1234.5 if with_probability else None, "held_out": 3,
            "by_theme": [
                {"theme": "usage", "accounts": 2, "mrr": 300.0, "expected_loss": 30.0, "named_for": 2},
                {"theme": None, "accounts": 1, "mrr": 100.0, "expected_loss": 5.0, "named_for": 1},
            ],
            "model": {"version": "1", "trained_as_of": "2025-03-01", "hindsight": False}, **changed,
        }  # fmt: skip
        files = {f"{name}.json": rows, "manifest.json": manifest}
        publish_day(
            self.config.path(self.config.exports) / name,
            self.as_of,
            {file: json.dumps(content).encode() for file, content in files.items()},
        )

    def score(self, as_of: date, probabilities: dict[str, float], model: str = "1") -> None:
        """Write scores of a day."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        from pipelines.lake import Lake

        file = Lake(self.config.path(self.config.lake)).scores(as_of)
        file.parent.mkdir(parents=True, exist_ok=True)
        columns = {
            "account_id": list(probabilities), "announced": [False] * len(probabilities),
            "mrr_now": [2000] * len(probabilities), "probability": list(probabilities.values()),
            "model_version": [model] * len(probabilities),
        }  # fmt: skip
        pq.write_table(pa.table(columns), file)


def _outreach(shop: Any) -> None:
    shop.write(
        "outreach.csv",
        [
            {"acc": "a01", "at": "2025-03-01T10:00:00+01:00", "play": "check_in", "then": "2025-03-05T10:00:00+01:00",
             "what": "promised to stay"},
            {"acc": "a01", "at": "2025-03-08T10:00:00+01:00", "play": "training", "then": "2025-03-15T10:00:00+01:00",
             "what": "known only later"},
            {"acc": "a01", "at": "2025-03-12T10:00:00+01:00", "play": "of_tomorrow", "then": "", "what": ""},
        ],
    )  # fmt: skip
    shop.tables["outreach"] = {
        "files": "outreach.csv",
        "columns": {"account_id": "acc", "contacted_at": "at", "play": "play", "outcome_at": "then", "outcome": "what"},
    }


def _listed(shop: Any, champion_of: Any) -> Listing:
    from pipelines import champion

    _outreach(shop)
    config = shop.accept(DAY)
    champion.install(config, champion_of)
    made = Listing(config)
    accounts = [f"a{number:02}" for number in range(1, 30)]
    rows = [made.row(rank, account) for rank, account in enumerate(accounts, 1)]
    strange = [
        made.row(30 + at, f"{text}{at}", name=text, owner=text, plan=text, mrr=5.0 + at,
                 reasons=[{"theme": "usage", "feature": "f", "text": text}], play=text)
        for at, text in enumerate(HOSTILE)
    ]  # fmt: skip
    many = [made.row(rank, f"z{rank:04}", owner="Owner 0") for rank in range(41, 121)]
    made.publish("at_risk", [*rows, *strange, *many])
    without = {"probability": None, "expected_loss": None, "model_version": None}
    made.publish("save", [made.row(1, "a01", play="update_card", **without), made.row(2, "left", **without)])
    made.publish("triggers", [])
    for back, account in ((20, 0.1), (3, 0.2), (1, 0.3), (0, 0.4)):
        made.score(DAY - timedelta(days=back), {"a01": account, "a02": 0.01, "other": 0.02}, "1" if back < 4 else "0")
    made.score(DAY + timedelta(days=1), {"a01": 0.987654})
    record = [
        {"as_of": str(DAY - timedelta(days=days)), "rows": 40, "expected": {"value": 5.5, "low": 2.0, "high": 9.0},
         "actual": actual, "within": actual <= 9, "expected_monthly_loss": 110.0, "monthly_loss": 80.5,
         "hindsight": days == 60, "recorded_on": str(DAY - timedelta(days=days - 37))}
        for days, actual in ((60, 4), (50, 11), (37, 6), (36, 7777))
    ]  # fmt: skip
    record.append({**record[0], "as_of": "2025-01-01", "expected": None, "within": None})
    lines = "".join(json.dumps(line) + "\n" for line in record)
    (config.path(config.exports) / "at_risk" / "record.jsonl").write_text(lines, "utf-8")
    return made


@pytest.fixture(scope="session")
def listed_shop(make_shop: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory, stand_in: Any) -> Listing:
    """A shop with three lists of DAY, scores and a record: do not write into its folder."""
    return _listed(make_shop(tmp_path_factory.mktemp("report") / "shop"), stand_in)


@pytest.fixture
def fresh_listed_shop(shop: Any, stand_in: Any) -> Listing:
    """The same, to be changed."""
    return _listed(shop, stand_in)


@pytest.fixture(scope="session")
def report_file(listed_shop: Listing) -> Path:
    """The page of the shop."""
    from pipelines.report.write import FILE, write

    return write(listed_shop.config, DAY).folder / FILE


@dataclass
class Watched:
    """A page with what went wrong on it and whom it asked."""

    page: Page
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def picture(self, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"report-{name}.png")


@pytest.fixture
def visit(browser: Browser, report_file: Path) -> Iterator[Callable[..., Watched]]:
    """Opens the report (or another file) in a page of its own; at the end nothing may have gone wrong on it."""
    opened = []

    def go(width: int = 1360, height: int = 1000, scheme: str = "light", file: Path | None = None, at: str = "") -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        context.set_default_timeout(60_000)
        watched = Watched(context.new_page())
        opened.append((context, watched))
        watched.page.on("console", lambda message: watched.errors.append(message.text))
        watched.page.on("pageerror", lambda error: watched.errors.append(str(error)))
        watched.page.on("dialog", lambda dialog: watched.errors.append(dialog.message))
        watched.page.on("request", lambda request: watched.asked.append(request.url))
        watched.page.goto((file or report_file).resolve().as_uri() + at)
        return watched

    yield go
    for context, watched in opened:
        assert watched.errors == []
        assert {url.partition("#")[0].rpartition("/")[2] for url in watched.asked if url != "data:,"} <= {"report.html"}
        assert watched.page.evaluate("window.hacked") is None
        context.close()
