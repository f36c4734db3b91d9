"""A published list is read as one version of its files, or refused."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from pipelines.destinations import listing
from pipelines.errors import ChurnError

DAY = date(2025, 3, 10)


def test_rows_table_and_those_who_left(place: Any, make_row: Any) -> None:
    place.publish(make_row(1), make_row(2, owner=None), left=["a09"])
    found = listing.read_listing(place.config(), "at_risk", DAY)
    assert [each["account_id"] for each in found.rows] == found.table["account_id"].to_pylist() == ["a01", "a02"]
    assert (found.name, found.as_of, found.left) == ("at_risk", DAY, ["a09"])
    assert found.manifest["files"].keys() | {"manifest.json"} == found.files.keys()


def test_the_digest_stands_for_the_content(place: Any, make_row: Any) -> None:
    digests = set()
    for rows in ([make_row(1)], [make_row(1), make_row(2)], [make_row(1)]):
        place.publish(*rows)
        digests.add(listing.read_listing(place.config(), "at_risk", DAY).digest)
    assert len(digests) == 2


def test_a_switch_between_two_files_is_not_seen(place: Any, make_row: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place.publish(make_row(1))
    real = json.loads

    def switching(content: Any) -> Any:
        monkeypatch.setattr(listing.json, "loads", real)
        found = real(content)
        place.publish(make_row(1), make_row(2))
        return found

    config = place.config()
    monkeypatch.setattr(listing.json, "loads", switching)
    assert len(listing.read_listing(config, "at_risk", DAY).rows) == 1
    assert len(listing.read_listing(config, "at_risk", DAY).rows) == 2


def test_a_list_that_is_not_published(place: Any) -> None:
    assert not listing.is_published(place.config(), "save", DAY)
    with pytest.raises(ChurnError, match="list save of 2025-03-10 is not published") as error:
        listing.read_listing(place.config(), "save", DAY)
    assert "churn publish --as-of 2025-03-10" in error.value.remedy


@pytest.mark.parametrize("name", ["at_risk.parquet", "at_risk.json"])
def test_a_damaged_file_is_refused(place: Any, make_row: Any, name: str) -> None:
    folder = place.publish(make_row(1))
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-1])
    with pytest.raises(ChurnError, match=f"{name} is not the file that its manifest names"):
        listing.read_listing(place.config(), "at_risk", DAY)
    (folder / name).unlink()
    with pytest.raises(ChurnError, match=f"has no {name}"):
        listing.read_listing(place.config(), "at_risk", DAY)


def test_two_rows_of_one_account_are_told(place: Any, make_row: Any) -> None:
    place.publish(make_row(1), make_row(2, account_id="a01"))
    with pytest.raises(ChurnError, match="two rows of account 'a01'"):
        listing.read_listing(place.config(), "at_risk", DAY).require_one_row_each()
