"""What the first row of a CSV file tells: other delimiters and names that two columns have, also in packed files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines import ingest
from pipelines.errors import ChurnError

DAY = date(2025, 3, 10)
JOIN = {"lookups": {"owners": "owners.csv"}, "join": "LEFT JOIN owners ON owners.who = source.id"}


def landed(shop: Any) -> int:
    return int(ingest.land(shop.config(), DAY, "accounts").rows)


def refused(shop: Any) -> ChurnError:
    with pytest.raises(ChurnError) as error:
        landed(shop)
    return error.value


@pytest.mark.parametrize(
    ("delimiter", "called", "stated"), [(";", "a semicolon", '";"'), ("\t", "a tab", '"\\t"'), ("|", "a bar", '"|"')]
)
@pytest.mark.parametrize("amount", ["", "12,50"])
def test_fields_parted_by_something_else_are_told_with_the_delimiter_to_state(
    shop: Any, delimiter: str, called: str, stated: str, amount: str
) -> None:
    header = delimiter.join(("id", "joined", "label", "manager"))
    row = delimiter.join(("a", "2025-01-01", amount, "m"))
    (shop.data / "accounts.csv").write_text(f"{header}\n{row}\n")
    error = refused(shop)
    assert error.message == (
        f"table accounts: accounts.csv has one column, {header!r}: its fields seem to be parted by {called}, "
        "not by a comma"
    )
    assert error.remedy == f"state sources.*.tables.accounts.delimiter: {stated}"
    shop.tables["accounts"]["delimiter"] = delimiter
    assert landed(shop) == 1


def test_a_comma_where_another_delimiter_is_stated(shop: Any) -> None:
    shop.tables["accounts"]["delimiter"] = "~"
    error = refused(shop)
    assert "seem to be parted by a comma, not by '~'" in error.message
    assert error.remedy.endswith('delimiter: ","')


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_an_encoding_that_is_not_stated_is_no_matter_of_the_delimiter(shop: Any, encoding: str) -> None:
    (shop.data / "accounts.csv").write_bytes("id;joined\na;2025-01-01\n".encode(encoding))
    assert "delimiter" not in refused(shop).remedy


def test_one_column_may_have_any_name(shop: Any) -> None:
    (shop.data / "accounts.csv").write_text("id;joined\na;2025-01-01\n")
    shop.tables["accounts"]["columns"] = {
        "account_id": "id;joined",
        "created_at": {"sql": "split_part(source.\"id;joined\", ';', 2)"},
    }
    assert landed(shop) == 1


@pytest.mark.parametrize("header", ["id,joined,label,manager,id", "id,joined,label,manager,ID"])
@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
def test_a_column_in_use_whose_name_two_have_is_refused(shop: Any, header: str, packed: str) -> None:
    content = f"{header}\na,2025-01-01,x,m,b\n".encode()
    if packed:
        content = pa.compress(content, codec={".gz": "gzip", ".zst": "zstd"}[packed], asbytes=True)
    (shop.data / f"accounts.csv{packed}").write_bytes(content)
    shop.tables["accounts"] |= {"files": f"accounts.csv{packed}", "format": "csv"}
    error = refused(shop)
    assert error.message == (
        f"table accounts: accounts.csv{packed} has 2 columns called 'id'; which one is meant cannot be told"
    )
    assert "a name of its own" in error.remedy


def test_a_name_that_two_have_and_nothing_speaks_of_does_no_harm(shop: Any) -> None:
    (shop.data / "accounts.csv").write_text("id,joined,label,manager,note,note,,\na,2025-01-01,x,m,1,2,3,4\n")
    assert landed(shop) == 1
    shop.tables["accounts"]["where"] = "source.notes <> ''"
    assert "notes" in refused(shop).message
    shop.tables["accounts"]["where"] = "source.Note = '1'"
    assert "2 columns called 'note'" in refused(shop).message


def test_a_lookup_is_held_to_it_by_the_sql_alone(shop: Any) -> None:
    shop.tables["accounts"] |= JOIN
    lookup: Path = shop.data / "owners.csv"
    lookup.write_text("who,label,label\na00,x,y\n")
    assert landed(shop) == 30
    lookup.write_text("who,label,who\na00,x,a01\n")
    assert "owners.csv has 2 columns called 'who'" in refused(shop).message
    lookup.write_text("who;label\na00;x\n")
    assert (
        "owners.csv has one column, 'who;label': its fields seem to be parted by a semicolon" in refused(shop).message
    )
    lookup.write_text("")
    assert "owners.csv is empty" in refused(shop).message
