"""Accumulated usage: whatever order landings come in, what is on file is what they brought."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import usage_store
from pipelines.engine import scan
from pipelines.lake import Lake

FIRST = date(2025, 1, 25)
DAYS = 14
"""Landings are for FIRST + 0 to FIRST + DAYS - 1, across the end of a month; usage begins thirty days before."""


class Store:
    """A usage store that takes landings of a source whose rows never change, with ``quantity`` telling the day."""

    def __init__(self, root: Path) -> None:
        self.lake = Lake(root)
        self.con = duckdb.connect()

    def _sums(self, first: date, last: date) -> Path:
        file = self.lake.root / "sums.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        self.con.execute(
            f"COPY (SELECT account_id, day::DATE AS day, event, epoch(day) / 86400.0 AS quantity, 1::BIGINT AS users "
            f"FROM range(DATE '{first}', DATE '{last}' + 1, INTERVAL 1 DAY) AS d(day), "
            f"(VALUES ('b'), ('a')) AS a(account_id), (VALUES ('y'), ('x')) AS e(event)) TO '{file}'"
        )
        return file

    def land(self, as_of: date) -> None:
        after = usage_store.after_day(self.lake, as_of)
        begin = after + timedelta(days=1) if after else FIRST - timedelta(days=30)
        usage_store.accept(self.con, self.lake, as_of, after, self._sums(begin, as_of))

    def withdraw(self, as_of: date) -> None:
        usage_store.withdraw(self.con, self.lake, as_of)

    def days(self) -> list[date]:
        files = usage_store.months(self.lake)
        found = self.con.execute(f"SELECT DISTINCT day FROM {scan(files)} ORDER BY day").fetchall() if files else []
        return [row[0] for row in found]

    def bytes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in usage_store.months(self.lake)}


def whole(last: date) -> list[date]:
    return [FIRST + timedelta(days=n) for n in range(-30, (last - FIRST).days + 1)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.con.close()


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def test_a_month_is_a_file_sorted_by_account_day_and_event(store: Store) -> None:
    store.land(day(9))
    assert [path.name for path in usage_store.months(store.lake)] == [
        "month=2024-12.parquet", "month=2025-01.parquet", "month=2025-02.parquet",
    ]  # fmt: skip
    rows = store.con.execute(
        f"SELECT account_id, day, event FROM {scan([store.lake.usage_month('2025-01')])}"
    ).fetchall()
    assert rows == sorted(rows)
    assert len(rows) == len(set(rows)) == 31 * 4
    assert usage_store.first_day(store.con, store.lake) == day(-30)


def test_a_nightly_landing_reads_only_the_last_days_again(store: Store) -> None:
    assert usage_store.after_day(store.lake, day(0)) is None
    store.land(day(0))
    assert usage_store.after_day(store.lake, day(1)) == day(-usage_store.OVERLAP_DAYS)
    assert usage_store.after_day(store.lake, day(0)) is None
    assert usage_store.after_day(store.lake, day(-1)) is None


def test_an_empty_store_has_no_first_day(store: Store) -> None:
    assert usage_store.first_day(store.con, store.lake) is None
    assert usage_store.windows(store.lake) == {}
    store.withdraw(day(0))
    assert store.days() == []


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=3))
def test_any_order_of_landings_gives_the_same_bytes(order: list[int], again: list[int]) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        nightly, mixed = Store(Path(one)), Store(Path(other))
        for number in range(5):
            nightly.land(day(number * 3))
        for number in (*order, *again):
            mixed.land(day(number * 3))
        assert nightly.days() == whole(day(12))
        assert mixed.bytes() == nightly.bytes()
        nightly.con.close()
        mixed.con.close()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(["land", "withdraw"]), st.integers(0, DAYS - 1)), max_size=12))
def test_a_day_that_counts_as_landed_has_all_its_history(steps: list[tuple[str, int]]) -> None:
    """Whatever is landed and withdrawn: usage of a day on file is complete up to that day, and nothing outlives the
    last landing."""
    with TemporaryDirectory() as folder:
        store, landed = Store(Path(folder)), set()
        for what, number in steps:
            if what == "land":
                store.land(day(number))
                landed.add(day(number))
            else:
                store.withdraw(day(number))
                landed.discard(day(number))
            assert set(usage_store.windows(store.lake)) == {str(each) for each in landed}
            expected = whole(max(landed)) if landed else []
            assert store.days() == expected
        store.con.close()


def test_a_crash_while_withdrawing_leaves_no_day_without_its_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.land(day(0))
    store.land(day(1))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(usage_store, "_replace", crash)
        with pytest.raises(KeyboardInterrupt):
            store.withdraw(day(1))
    assert list(usage_store.windows(store.lake)) == [str(day(0))]
    store.land(day(1))
    assert store.days() == whole(day(1))
