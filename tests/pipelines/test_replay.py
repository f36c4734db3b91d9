"""Nights in which the source changes its mind about the past, and the same nights computed again later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines import features, ingest, tables, usage_store
from pipelines.lake import Lake

FIRST = date(2025, 3, 6)
NIGHTS = 5


def _upset(shop: Any, number: int) -> None:
    """What the source says on a night differs from what it said before."""
    subscriptions, usage = shop.read("subscriptions.csv"), shop.read("usage.csv")
    day = FIRST + timedelta(days=number)
    if number == 1:  # corrected
        subscriptions[0]["price"] = "500"
    if number == 2:  # deleted, and one that was there all the time
        del subscriptions[1]
        late = {**subscriptions[1], "sid": "late", "price": "70", "from": "2025-01-15", "to": ""}
        subscriptions.append(late)
    if number == 3:  # ended some days ago, as it turns out
        subscriptions[4]["to"] = str(day - timedelta(days=2))
    if number >= 1:  # usage of the days before that comes late: more every night
        usage += [
            {"acc": f"a{each:02}", "day": str(day - timedelta(days=back)), "what": "signed_in", "n": 40 + number}
            for each in range(0, 30, 3)
            for back in (1, 2)
        ]
    shop.write("subscriptions.csv", subscriptions)
    shop.write("usage.csv", usage)


@pytest.fixture(scope="module")
def nights(
    make_shop: Any, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, dict[date, bytes], dict[date, bytes], Callable[[date], bytes]]:
    """The configuration, the features and the panel of each night as computed that night, and reading features."""
    shop = make_shop(tmp_path_factory.mktemp("nights") / "shop")
    shop.keys["training"] = {"most_dates": 3, "every_days": 7}
    config = shop.config()
    lake, computed, panels = Lake(config.path(config.lake)), {}, {}
    for number in range(NIGHTS):
        day = FIRST + timedelta(days=number)
        _upset(shop, number)
        shop.accept(day)
        features.compute(config, day)
        computed[day] = lake.features(day).read_bytes()
        features.compute_panel(config, day)
        panels[day] = lake.panel(day).read_bytes()
    return config, computed, panels, lambda day: lake.features(day).read_bytes()


def _values(config: Any, day: date, account: str, *names: str) -> tuple[Any, ...]:
    rows = pq.read_table(Lake(config.path(config.lake)).features(day), partitioning=None).to_pylist()
    return next((tuple(row[name] for name in names) for row in rows if row["account_id"] == account), ())


def test_every_night_is_computed_again_as_it_was(nights: Any) -> None:
    config, computed, panels, read = nights
    for day, content in computed.items():
        features.compute(config, day)
        assert read(day) == content, day
        features.compute_panel(config, day)
        assert Lake(config.path(config.lake)).panel(day).read_bytes() == panels[day], day


def test_each_night_says_what_was_known_then(nights: Any) -> None:
    config, *_ = nights
    on = [FIRST + timedelta(days=number) for number in range(NIGHTS)]
    assert [_values(config, day, "a00", "mrr") for day in on] == [(2000.0,), *[(50000.0,)] * 4]
    assert [bool(_values(config, day, "a01", "mrr")) for day in on] == [True, True, False, False, False]
    # the account of the late subscription pays more from the night on that brought it
    assert [_values(config, day, "a02", "mrr") for day in on] == [*[(2200.0,)] * 2, *[(9200.0,)] * 3]
    assert [bool(_values(config, day, "a05", "mrr")) for day in on] == [True, True, True, False, False]


def test_a_panel_date_before_a_correction_does_not_know_it(nights: Any) -> None:
    config, _, _, read = nights
    last = FIRST + timedelta(days=NIGHTS - 1)
    features.compute(config, last)
    con_rows = pq.read_table(Lake(config.path(config.lake)).panel(last), partitioning=None).to_pylist()
    assert {row["mrr"] for row in con_rows if row["account_id"] == "a00"} == {2000.0}
    assert read(last)


def test_landings_that_are_checked_again_change_nothing(nights: Any, digests: Any) -> None:
    config, computed, _, read = nights
    lake = Lake(config.path(config.lake))
    before = digests(lake.root / "tables")
    for day in reversed(computed):
        for table in ("accounts", "subscriptions", "usage"):
            assert tables.check(config, day, table).passed
    assert digests(lake.root / "tables") == before
    assert len(usage_store.landings(lake)) == NIGHTS
    assert usage_store.files(lake)
    assert read(FIRST) == computed[FIRST]


def test_an_earlier_night_that_is_run_again_does_not_read_the_source_again(nights: Any, digests: Any) -> None:
    config, computed, _, read = nights
    lake = Lake(config.path(config.lake))
    before = digests(lake.root / "landed") | digests(lake.root / "tables")
    file = config.file.parent / "data" / "subscriptions.csv"
    content = file.read_text("utf-8")
    file.write_text(content.replace(",basic,", ",other,"), "utf-8")
    for table in ("accounts", "subscriptions", "usage"):
        ingest.land(config, FIRST, table)
        assert tables.check(config, FIRST, table).passed
    file.write_text(content, "utf-8")
    assert digests(lake.root / "landed") | digests(lake.root / "tables") == before
    features.compute(config, FIRST)
    assert read(FIRST) == computed[FIRST]


def test_an_earlier_night_that_is_landed_anew_on_purpose_leaves_later_nights(nights: Any) -> None:
    config, computed, _, read = nights
    again = FIRST + timedelta(days=1)
    file = config.file.parent / "data" / "subscriptions.csv"
    file.write_text(file.read_text("utf-8").replace(",basic,", ",other,"), "utf-8")
    ingest.land(config, again, "subscriptions", again=True)
    assert tables.check(config, again, "subscriptions").passed
    for day in computed:
        features.compute(config, day)
        assert (read(day) == computed[day]) == (day != again), day
