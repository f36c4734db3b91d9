"""What stood on each day: whatever the order of landings, every day can be read again as it was landed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_features.clock import stored_schema
from churn_features.tables import KNOWN, TABLES
from pipelines import history
from pipelines.lake import Lake

FIRST = date(2025, 1, 1)
Copy = Mapping[str, str]
"""A copy of the accounts: id -> industry."""

_SQL_TYPES = {"string": "VARCHAR", "timestamp": "TIMESTAMP", "date": "DATE", "boolean": "BOOLEAN"}


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


class Store:
    """The accounts of a lake; rows have an id and an industry."""

    def __init__(self, root: Path) -> None:
        self.lake, self.con = Lake(root), duckdb.connect(config={"threads": 1})

    def land(self, number: int, rows: Copy | list[tuple[str, str, date | None, date | None]]) -> None:
        versions = [(*row, None, None) for row in rows.items()] if isinstance(rows, Mapping) else rows
        file = self.lake.accepted("accounts")
        file.parent.mkdir(parents=True, exist_ok=True)
        columns = [f"{name} {_SQL_TYPES[kind]}" for name, kind in stored_schema(TABLES["accounts"]).items()]
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE t ({', '.join(columns)})")
        for version in versions:
            self.con.execute("INSERT INTO t (account_id, industry, known_after, known_to) VALUES (?, ?, ?, ?)", version)
        self.con.execute(f"COPY t TO '{file}' (FORMAT parquet)")
        history.accept(self.con, self.lake, "accounts", day(number), file)

    def withdraw(self, number: int) -> None:
        history.withdraw(self.con, self.lake, "accounts", day(number))

    def on(self, number: int) -> Copy:
        sql = history.true_on([self.lake.rows("accounts")], day(number))
        found = self.con.execute(f"SELECT account_id, industry FROM ({sql})").fetchall()
        assert len({row[0] for row in found}) == len(found), "one row per key"
        return dict(found)

    def versions(self) -> list[tuple[str, str, date | None, date | None]]:
        names = ", ".join(("account_id", "industry", *KNOWN))
        return self.con.execute(f"SELECT {names} FROM '{self.lake.rows('accounts')}'").fetchall()

    def bytes(self) -> bytes | None:
        file = self.lake.rows("accounts")
        return file.read_bytes() if file.exists() else None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.con.close()


def test_a_correction_ends_a_row_and_begins_another(store: Store) -> None:
    store.land(0, {"a": "retail", "b": "media"})
    store.land(1, {"a": "retail", "b": "media"})
    store.land(2, {"a": "health", "b": "media"})
    assert store.versions() == [
        ("a", "retail", None, day(1)),
        ("a", "health", day(1), None),
        ("b", "media", None, None),
    ]


def test_a_deletion_ends_a_row_and_a_late_row_begins_with_its_landing(store: Store) -> None:
    store.land(0, {"a": "retail", "b": "media"})
    store.land(1, {"a": "retail", "c": "health"})
    assert store.versions() == [
        ("a", "retail", None, None),
        ("b", "media", None, day(0)),
        ("c", "health", day(0), None),
    ]


def test_a_row_that_comes_back_is_the_same_again(store: Store) -> None:
    for number, copy in enumerate([{"a": "x"}, {}, {"a": "x"}, {"a": "x"}]):
        store.land(number, copy)
    assert store.versions() == [("a", "x", None, day(0)), ("a", "x", day(1), None)]
    store.land(1, {"a": "x"})
    assert store.versions() == [("a", "x", None, None)]


def test_rows_on_file_from_before_the_contract_had_a_column(store: Store) -> None:
    import pyarrow.parquet as pq

    store.land(0, {"a": "retail", "b": "media"})
    file = store.lake.rows("accounts")
    whole = pq.read_table(file)
    pq.write_table(whole.drop_columns(["churned"]), file)
    store.land(1, {"a": "health", "b": "media"})
    assert store.versions() == [
        ("a", "retail", None, day(0)),
        ("a", "health", day(0), None),
        ("b", "media", None, None),
    ]
    assert pq.read_schema(file).names == whole.schema.names
    pq.write_table(pq.read_table(file).drop_columns(["churned"]), file)
    store.withdraw(1)
    assert store.on(1) == {"a": "retail", "b": "media"}


def test_the_first_landing_speaks_for_all_days_before_it(store: Store) -> None:
    store.land(5, {"a": "x"})
    assert store.on(-400) == store.on(5) == store.on(400) == {"a": "x"}


def test_days_between_two_landings_are_told_by_the_later_one(store: Store) -> None:
    store.land(0, {"a": "x"})
    store.land(7, {"a": "y", "b": "new"})
    assert store.on(0) == {"a": "x"}
    assert store.on(1) == store.on(7) == {"a": "y", "b": "new"}


def test_what_a_source_tells_of_the_past_counts_for_days_that_no_landing_spoke_of(store: Store) -> None:
    store.land(0, {"a": "x"})
    store.land(9, [("a", "x", None, day(-3)), ("a", "y", day(-3), day(4)), ("a", "z", day(4), None)])
    assert [store.on(number)["a"] for number in (-9, 0, 1, 4, 5, 9)] == ["x", "x", "y", "y", "z", "z"]
    assert store.versions() == [
        ("a", "x", None, day(0)), ("a", "y", day(0), day(4)), ("a", "z", day(4), None),
    ]  # fmt: skip


copies = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xy"), max_size=4)
landings = st.dictionaries(st.integers(0, 9), copies, min_size=1, max_size=5)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    landings,
    st.lists(st.tuples(st.integers(0, 9), copies), max_size=3),
    st.lists(st.integers(0, 9), max_size=2),
    st.randoms(use_true_random=False),
)
def test_any_order_of_landings_gives_the_same_bytes_and_every_day_as_it_was_landed(landed, before, withdrawn, random):
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        nightly, mixed = Store(Path(one)), Store(Path(other))
        for number in sorted(landed):
            nightly.land(number, landed[number])
        # others first, some withdrawn, then the same landings in another order, replacing what is there
        present = set()
        for number, copy in before:
            mixed.land(number, copy)
            present.add(number)
        for number in random.sample(sorted(landed), len(landed)):
            mixed.land(number, landed[number])
        for number in sorted((present | set(withdrawn)) - set(landed)):
            mixed.withdraw(number)
        assert set(history.landings(mixed.lake, "accounts")) == {str(day(number)) for number in landed}
        assert mixed.bytes() == nightly.bytes()
        for number, copy in landed.items():
            assert nightly.on(number) == copy
        nightly.con.close()
        mixed.con.close()


def test_withdrawing_the_only_landing_leaves_nothing(store: Store) -> None:
    store.withdraw(0)
    store.land(0, {"a": "x"})
    store.withdraw(0)
    assert (store.bytes(), history.landings(store.lake, "accounts")) == (None, [])


@pytest.mark.parametrize("later", [False, True])
def test_a_crash_while_withdrawing_changes_nothing_and_is_made_good(
    store: Store, monkeypatch: pytest.MonkeyPatch, later: bool
) -> None:
    store.land(0, {"a": "x"})
    if later:
        store.land(2, {"a": "z"})
    without = store.bytes()
    store.land(1, {"a": "y"})
    whole = store.bytes()

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(history, "write", crash)
        with pytest.raises(KeyboardInterrupt):
            store.withdraw(1)
    assert store.bytes() == whole
    assert str(day(1)) in history.landings(store.lake, "accounts")
    store.withdraw(1)
    assert store.bytes() == without
