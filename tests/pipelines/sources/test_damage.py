"""Broken and hostile files: the error names table, file and place, memory stays bounded, other tables land."""

from __future__ import annotations

import gzip
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import ingest
from pipelines.errors import ChurnError

DAY = date(2025, 3, 10)
HEADER = "id,joined,label,manager\n"
GOOD = "".join(f"a{n},2025-01-01,L,m\n" for n in range(5000))
MILLION = b"x" * 1_000_000


def broken_text(*parts: str | bytes) -> Callable[[Path], None]:
    content = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    return lambda file: file.write_bytes(content) and None


def table(**columns: Any) -> pa.Table:
    rows = 123_457
    given = {"id": [f"a{n}" for n in range(rows)], "joined": ["2025-01-01"] * rows, "label": ["L"] * rows,
             "manager": ["m"] * rows}  # fmt: skip
    return pa.table({**given, **columns})


def varint(number: int) -> bytes:
    """A signed number as Parquet's footer writes it."""
    number, written = number * 2, b""
    while number > 0x7F:
        written += bytes([number & 0x7F | 0x80])
        number >>= 7
    return written + bytes([number])


def footer_declares_ten_billion_rows(file: Path) -> None:
    pq.write_table(table(), file)
    content = file.read_bytes()
    length = struct.unpack("<I", content[-8:-4])[0]
    footer = content[-8 - length : -8]
    assert footer.count(varint(123_457)) > 4
    footer = footer.replace(varint(123_457), varint(10_000_000_000))
    file.write_bytes(content[: -8 - length] + footer + struct.pack("<I", len(footer)) + b"PAR1")


def footer_declares_four_gigabytes_of_itself(file: Path) -> None:
    pq.write_table(table(), file)
    file.write_bytes(file.read_bytes()[:-8] + struct.pack("<I", 0xFFFF_FFF0) + b"PAR1")


def page_declares_two_gigabytes(file: Path) -> None:
    pq.write_table(table(), file)
    content = file.read_bytes()
    assert content[4:5] + content[6:7] == b"\x15\x15"  # type of the page, then its size when unpacked
    end = 7
    while content[end] & 0x80:
        end += 1
    file.write_bytes(content[:7] + varint(2_000_000_000) + content[end + 1 :])


def page_is_garbage(file: Path) -> None:
    pq.write_table(table(), file, row_group_size=10_000, use_dictionary=False, compression="snappy")
    at = pq.read_metadata(file).row_group(3).column(2).data_page_offset
    content = bytearray(file.read_bytes())
    content[at : at + 60] = b"\xff" * 60
    file.write_bytes(content)


def cut_off(file: Path) -> None:
    pq.write_table(table(), file)
    file.write_bytes(file.read_bytes()[:-4000])


CASES: list[tuple[str, Callable[[Path], None], str, str]] = [
    ("latin.csv", broken_text(HEADER, GOOD, "b,2025-01-01,Müller,m\n".encode("latin-1"), GOOD),
     r"byte 15 of line 5002 \(byte \d+,\d+ of the file\) is 0xFC, which is no UTF-8",
     r"state sources\.\*\.tables\.accounts\.encoding \(cp1252 would read there: .*Müller,m"),
    ("utf16.csv", lambda file: file.write_text(HEADER + GOOD, "utf-16") and None,
     r"byte 1 of line 1 \(byte 0 of the file\) is 0xFF, which is no UTF-8", r"accounts\.encoding"),
    ("open.csv", broken_text(HEADER, GOOD, 'a,2025-01-01,"L,m\n', GOOD),
     "line 5002: Value with unterminated quote found", "repair the file at the place named"),
    ("after.csv", broken_text(HEADER, GOOD, 'a,2025-01-01,"L"x,m\n', GOOD),
     "line 5002: Value with unterminated quote found.; it begins: a,2025-01-01", "repair the file"),
    ("more.csv", broken_text(HEADER, GOOD, "b,2025-01-01,L,m,what,else\n", GOOD),
     "line 5002: Expected Number of Columns: 4 Found: 5", "repair the file"),
    ("fewer.csv", broken_text(HEADER, GOOD, "b,2025-01-01\n", GOOD),
     "line 5002: Expected Number of Columns: 4 Found: 2", "repair the file"),
    ("mixed.csv", broken_text(HEADER.replace("\n", "\r\n"), 'q,2025-01-01,"a\nb",m\r\n', GOOD),
     "line 4 ends with LF, the lines before it with CR LF", "have the file written with one kind of line end"),
    ("mixed-late.csv", broken_text(HEADER, GOOD * 12, GOOD.replace("\n", "\r\n")),
     "line 60002 ends with CR LF, the lines before it with LF", "have the file written with one kind of line end"),
    ("text.jsonl", broken_text('{"id": "a", "joined": "2025-01-01", "label": "x", "manager": ""}\n' * 3,
                               b'{"id": "b", "label": "\xfc"}\n'),
     "byte 23 of line 4 is 0xFC, which is no UTF-8", "repair the file"),
    ("cut.jsonl", broken_text('{"id": "a", "joined": "2025-01-01", "label": "x", "manager": ""}\n' * 3, '{"id": "b",'),
     "character 12 of line 4: ", "repair the file"),
    ("rows.parquet", footer_declares_ten_billion_rows, "cannot be read: in the column 'id': ", "repair the file"),
    ("footer.parquet", footer_declares_four_gigabytes_of_itself, "cannot be read: in its footer: ", "repair the file"),
    ("page.parquet", page_declares_two_gigabytes,
     r"in the column 'id': it asks for more memory than engine\.memory_limit allows",
     "if it claims a size that it has not, repair the file"),
    ("garbage.parquet", page_is_garbage, "cannot be read: in the column 'label': ", "repair the file"),
    ("cut.parquet", cut_off, "cannot be read: in its footer: ", "repair the file"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "write", "says", "remedy"), CASES, ids=[case[0] for case in CASES])
def test_the_place_of_the_damage_is_named_and_other_tables_land(
    shop: Any, name: str, write: Callable[[Path], None], says: str, remedy: str
) -> None:
    write(shop.data / name)
    shop.tables["accounts"]["files"] = name
    config = shop.config()
    with pytest.raises(ChurnError, match=says) as error:
        ingest.land(config, DAY, "accounts")
    assert error.value.message.startswith(f"table accounts: {shop.data / name} cannot be read: ")
    assert len(error.value.message) < 900
    assert re.search(remedy, error.value.remedy), error.value.remedy
    assert ingest.land(config, DAY, "subscriptions").rows == 30


@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
def test_a_file_in_the_stated_encoding_lands(shop: Any, packed: str) -> None:
    content = (HEADER + "b,2025-01-01,Müller “€”,m\n").encode("cp1252")
    if packed:
        codec = {".gz": "gzip", ".zst": "zstd"}[packed]
        content = pa.compress(content, codec=codec, asbytes=True)
    (shop.data / f"accounts.csv{packed}").write_bytes(content)
    shop.tables["accounts"] |= {"encoding": "cp1252", "files": f"accounts.csv{packed}", "format": "csv"}
    assert ingest.land(shop.config(), DAY, "accounts").rows == 1


def test_mixed_line_ends_are_found_in_other_encodings_and_packed_files(shop: Any) -> None:
    mixed = HEADER.replace("\n", "\r\n") + GOOD
    (shop.data / "accounts.csv").write_bytes(mixed.encode("utf-16"))
    (shop.data / "accounts.csv.gz").write_bytes(gzip.compress(mixed.encode("utf-16")))
    (shop.data / "accounts.csv.zst").write_bytes(pa.compress(mixed.encode("utf-16"), codec="zstd", asbytes=True))
    for name in ("accounts.csv", "accounts.csv.gz", "accounts.csv.zst"):
        shop.tables["accounts"] |= {"encoding": "utf-16", "files": name, "format": "csv"}
        with pytest.raises(ChurnError, match="line 2 ends with LF, the lines before it with CR LF"):
            ingest.land(shop.config(), DAY, "accounts")


def test_a_broken_lookup_is_named_itself(shop: Any) -> None:
    (shop.data / "owners.csv").write_bytes(b"who,owner\na00,M\xfcller\n")
    shop.tables["accounts"] |= {
        "lookups": {"owners": "owners.csv"},
        "join": "LEFT JOIN owners ON owners.who = source.id",
    }
    with pytest.raises(ChurnError, match=r"owners\.csv cannot be read: byte 6 of line 2 "):
        ingest.land(shop.config(), DAY, "accounts")


def one_row_of_csv(file: Path) -> None:
    with file.open("wb") as out:
        out.write((HEADER + GOOD + "bomb,2025-01-01,").encode())
        out.writelines([MILLION] * 300)
        out.write(b",m\n")


def one_row_of_packed_csv(file: Path) -> None:
    with gzip.open(file, "wb", compresslevel=1) as out:
        out.write((HEADER + GOOD + "bomb,2025-01-01,").encode())
        out.writelines([MILLION] * 300)
        out.write(b",m\n")


def one_row_of_json(file: Path) -> None:
    with file.open("wb") as out:
        out.write(b'{"id": "a", "joined": "2025-01-01", "label": "x", "manager": ""}\n' * 3)
        out.write(b'{"id": "bomb", "joined": "2025-01-01", "label": "')
        out.writelines([MILLION] * 300)
        out.write(b'", "manager": ""}\n')


def one_value_of_parquet(file: Path) -> None:
    rows = {"id": ["bomb"], "joined": ["2025-01-01"], "label": ["x" * 600_000_000], "manager": ["m"]}
    pq.write_table(pa.table(rows), file, compression="zstd", use_dictionary=False, write_statistics=False)


_CHILD = """
import sys
from datetime import date
from pipelines import config, ingest
from pipelines.errors import ChurnError
loaded = config.load(sys.argv[1])
for table in ("accounts", "subscriptions"):
    try:
        print("landed", ingest.land(loaded, date(2025, 3, 10), table).rows)
    except ChurnError as error:
        print("error", error)
print(int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) // 1024)
"""


@pytest.mark.parametrize(
    ("name", "write", "says"),
    [
        # an engine that reads these in parallel leaves the last line out without a word
        ("bomb.csv", one_row_of_csv, "line 5002 is longer than 2,000,000 bytes"),
        ("bomb.csv.gz", one_row_of_packed_csv, "line 5002 is longer than 2,000,000 bytes"),
        ("bomb.jsonl", one_row_of_json, "line 4 is longer than 16,777,216 bytes"),
        ("bomb.parquet", one_value_of_parquet, "it asks for more memory than engine.memory_limit allows"),
    ],
)
def test_a_row_of_hundreds_of_megabytes_does_not_take_the_memory_of_the_machine(
    shop: Any, name: str, write: Callable[[Path], None], says: str
) -> None:
    file = shop.data / name
    write(file)
    shop.tables["accounts"] |= {"files": name, **({"format": "csv"} if name.endswith(".gz") else {})}
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, str(shop.config().file)], capture_output=True, text=True, check=True
    )
    file.unlink()
    accounts, subscriptions, megabytes = child.stdout.splitlines()
    assert accounts.startswith(f"error table accounts: {file} cannot be read: ")
    assert says in accounts, accounts
    assert subscriptions == "landed 30"
    assert int(megabytes) < 900
