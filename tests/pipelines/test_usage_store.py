"""Accumulated usage: whatever order landings come in, what is on file is what they brought."""

from __future__ import annotations

import shutil
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
from pipelines.features import stored
from pipelines.history import true_on
from pipelines.lake import Lake

FIRST = date(2025, 1, 25)
DAYS = 14
"""Landings are for FIRST + 0 to FIRST + DAYS - 1, across the end of a month; usage begins thirty days before."""


class Store:
    """A usage store that takes landings of a source whose rows never change, with ``quantity`` telling the day, but for
    rows that reach it late: ``late`` days before a landing, ``quantity`` is halved."""

    def __init__(self, root: Path, late: int = 0) -> None:
        self.lake, self.late = Lake(root), late
        self.con = duckdb.connect(config={"threads": 1})

    def _sums(self, first: date, last: date) -> Path:
        folder = self.lake.root / "sums"
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        half = f"CASE WHEN day > DATE '{last}' - {self.late} THEN 2.0 ELSE 1.0 END"
        rows = (
            f"SELECT account_id, day::DATE AS day, event, epoch(day) / 86400.0 / {half} AS quantity, "
            f"1::BIGINT AS users, NULL::DATE AS known_after, NULL::DATE AS known_to "
            f"FROM range(DATE '{first}', DATE '{last}' + 1, INTERVAL 1 DAY) AS d(day), "
            f"(VALUES ('b'), ('a')) AS a(account_id), (VALUES ('y'), ('x')) AS e(event)"
        )
        for month in {f"{first + timedelta(days=n):%Y-%m}" for n in range((last - first).days + 1)}:
            own = f"SELECT * FROM ({rows}) WHERE strftime(day, '%Y-%m') = '{month}'"
            self.con.execute(f"COPY ({own}) TO '{folder / month}.parquet' (FORMAT parquet)")
        return folder

    def land(self, as_of: date) -> None:
        after = usage_store.after_day(self.lake, as_of)
        begin = after + timedelta(days=1) if after else FIRST - timedelta(days=30)
        usage_store.accept(self.con, self.lake, as_of, after, self._sums(begin, as_of))

    def withdraw(self, as_of: date) -> None:
        usage_store.withdraw(self.con, self.lake, as_of)

    def days(self) -> list[date]:
        files = usage_store.files(self.lake)
        found = self.con.execute(f"SELECT DISTINCT day FROM {scan(files)} ORDER BY day").fetchall() if files else []
        return [row[0] for row in found]

    def on(self, as_of: date) -> list[tuple[date, float]]:
        """Days and quantities of account a and event x as they stood on a day."""
        sql = true_on(usage_store.files(self.lake), as_of)
        asked = f"SELECT day, quantity FROM ({sql}) WHERE account_id = 'a' AND event = 'x' AND day <= ? ORDER BY day"
        return self.con.execute(asked, [as_of]).fetchall()

    def names(self) -> list[str]:
        return [path.stem for path in usage_store.files(self.lake)]

    def bytes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in usage_store.files(self.lake)}


def whole(last: date) -> list[date]:
    return [FIRST + timedelta(days=n) for n in range(-30, (last - FIRST).days + 1)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.con.close()


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def test_closed_months_are_files_and_so_are_the_days_of_the_open_one(store: Store) -> None:
    store.land(day(4))
    assert store.names() == ["2024-12", *(f"2025-01-{number:02}" for number in range(1, 30))]
    store.land(day(9))
    assert store.names() == ["2024-12", "2025-01", "2025-02-01", "2025-02-02", "2025-02-03"]
    month = scan([store.lake.usage_month("2025-01")])
    rows = store.con.execute(f"SELECT account_id, day, event FROM {month}").fetchall()
    assert rows == sorted(rows), "sorted by account, then day"
    assert len(rows) == len(set(rows)) == 31 * 4
    assert usage_store.first_day(store.con, stored(usage_store.files(store.lake)), day(9)) == day(-30)


def test_a_month_is_closed_once_no_nightly_landing_reads_its_days_again(store: Store) -> None:
    for number in range(6, 10):
        store.land(day(number))
        closed = "2025-01" in store.names()
        after = usage_store.after_day(store.lake, day(number + 1))
        assert after is not None
        assert closed == (after >= date(2025, 1, 31))


def test_landing_a_day_again_touches_no_other_day(store: Store) -> None:
    store.land(day(0))
    store.land(day(1))
    before = store.bytes()
    rows = store.on(day(1))
    store.late = 1
    store.land(day(1))
    changed = {name for name, content in store.bytes().items() if content != before[name]}
    assert changed == {f"{day(1)}.parquet"}
    assert store.on(day(1))[:-1] == rows[:-1]
    assert store.on(day(1))[-1] == (day(1), rows[-1][1] / 2)


def test_landing_a_day_of_a_closed_month_again_leaves_its_other_days(store: Store) -> None:
    for number in (-3, -2, -1, 14):
        store.land(day(number))
    rows = store.on(day(14))
    store.late = 1
    store.land(day(-1))
    assert store.on(day(-1))[-1] == (day(-1), rows[29][1] / 2)
    # the next landing did not read that day again, so what was landed last of it stands
    assert [row for row in store.on(day(14)) if row[0] != day(-1)] == [row for row in rows if row[0] != day(-1)]


def test_usage_that_comes_late_does_not_change_an_earlier_day(store: Store) -> None:
    store.late = 2
    seen = {}
    for number in range(DAYS):
        store.land(day(number))
        seen[day(number)] = store.on(day(number))
    assert seen == {each: store.on(each) for each in seen}
    last = dict(seen[day(5)])
    assert last[day(5)] * 2 == dict(seen[day(7)])[day(5)], "half of a day's rows came two days late"
    rows = store.con.execute(f"SELECT account_id, day, event, known_to FROM {scan(usage_store.files(store.lake))}")
    found = rows.fetchall()
    assert len(set(found)) == len(found)


def test_what_a_killed_writer_left_beside_a_closed_month_is_ignored_and_swept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.land(day(7))

    def killed(self: Path, missing_ok: bool = False) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            store.land(day(9))
    assert "2025-01" in store.names()
    assert "2025-01-31" not in store.names()
    assert store.lake.usage_day(date(2025, 1, 31)).exists()
    store.land(day(9))
    assert store.days() == whole(day(9))
    assert not store.lake.usage_day(date(2025, 1, 31)).exists()


def test_a_nightly_landing_reads_only_the_last_days_again(store: Store) -> None:
    assert usage_store.after_day(store.lake, day(0)) is None
    store.land(day(0))
    assert usage_store.after_day(store.lake, day(1)) == day(-usage_store.OVERLAP_DAYS)
    assert usage_store.after_day(store.lake, day(0)) is None
    assert usage_store.after_day(store.lake, day(-1)) is None


def test_an_empty_store_has_no_first_day(store: Store) -> None:
    assert usage_store.first_day(store.con, stored(usage_store.files(store.lake)), day(0)) is None
    assert usage_store.landings(store.lake) == {}
    store.withdraw(day(0))
    assert store.days() == []


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=3), st.sampled_from([0, 2]))
def test_any_order_of_landings_gives_the_same_bytes(order: list[int], again: list[int], late: int) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        nightly, mixed = Store(Path(one), late), Store(Path(other), late)
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
            assert set(usage_store.landings(store.lake)) == {str(each) for each in landed}
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
    assert list(usage_store.landings(store.lake)) == [str(day(0))]
    store.land(day(1))
    assert store.days() == whole(day(1))
