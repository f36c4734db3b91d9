"""The bytes of text files: other encodings as UTF-8, and the place of the first byte that is none.

Belongs here: what can be said of a file without knowing its format. Does not belong here: rows (``files``) and what the
engine complains of (``damage``).
"""

from __future__ import annotations

import codecs
import gzip
import io
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO, cast

from pipelines.errors import ChurnError

CHUNK = 1 << 20
"""Bytes that are held at a time."""

_BLOCK = 8 << 20
"""A line of twice these many bytes or more holds a whole block without an end of line."""

COMPRESSED = (".gz", ".zst")


@dataclass(frozen=True)
class Undecodable:
    """The first byte that an encoding does not know: its line (1-based), its place in the line (1-based) and in the
    file (0-based), and the bytes around it as Windows' encoding of western Europe reads them."""

    line: int
    byte_of_line: int
    offset: int
    byte: int
    around: str

    def __str__(self) -> str:
        return f"byte {self.byte_of_line} of line {self.line} (byte {self.offset:,} of the file) is 0x{self.byte:02X}"


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """A file's bytes, unpacked if its name ends as one of ``COMPRESSED``."""
    match file.suffix.lower():
        case ".gz":
            with gzip.open(file) as stream:
                yield cast(BinaryIO, stream)
        case ".zst":
            import pyarrow

            with pyarrow.input_stream(str(file), compression="zstd") as packed, io.BufferedReader(packed) as stream:
                yield cast(BinaryIO, stream)
        case _:
            with file.open("rb") as stream:
                yield stream


def has_endless_line(file: Path) -> bool:
    """Whether a line is so long that the engine may lose it when it reads a file in parallel.

    It reads blocks of 32 MB at once and, in version 2.0, leaves out a last line that is longer without a word. A look
    at the start of every block tells, since an end of line is near in any other file.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        for start in range(0, size - _BLOCK + 1, _BLOCK):
            stream.seek(start)
            if not any(b"\n" in stream.read(length) for length in (4096, *[CHUNK] * (_BLOCK // CHUNK))):
                return True
    return False


def _decoder(file: Path, encoding: str) -> codecs.IncrementalDecoder:
    with opened(file) as stream:
        marked = stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if codecs.lookup(encoding).name == "utf-16" and not marked:
        encoding = "utf-16-le"  # as Windows writes it
    return codecs.getincrementaldecoder(encoding)()


def undecodable(file: Path, encoding: str) -> Undecodable | None:
    """The first byte of a file that is not ``encoding``; None if there is none."""
    decoder = _decoder(file, encoding)
    read, line, line_start, before = 0, 1, 0, b""
    with opened(file) as stream:
        while True:
            chunk = stream.read(CHUNK)
            held = decoder.getstate()[0]
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                given = held + chunk
                offset = read - len(held) + error.start
                good = chunk[: max(0, offset - read)]
                if b"\n" in good:
                    line, line_start = line + good.count(b"\n"), read + good.rindex(b"\n") + 1
                around = (before[: len(before) - len(held)] + given)[-(len(given) - error.start) - 20 :][:40]
                shown = " ".join(around.decode("cp1252", "replace").split())
                return Undecodable(line, offset - line_start + 1, offset, given[error.start], shown)
            if not chunk:
                return None
            if b"\n" in chunk:
                line, line_start = line + chunk.count(b"\n"), read + chunk.rindex(b"\n") + 1
            read, before = read + len(chunk), chunk[-64:]


@contextmanager
def as_utf8(table: str, file: Path, encoding: str, scratch: Path) -> Iterator[Path]:
    """A file of ``table`` itself if it is UTF-8, else a copy of it in UTF-8 below ``scratch``, for as long as the block
    lasts.

    Raises ChurnError with the place of the first byte that is not ``encoding``.
    """
    if codecs.lookup(encoding).name == "utf-8":
        yield file
        return
    folder = Path(mkdtemp(prefix="utf8-", dir=scratch))
    try:
        copy = folder / (file.stem if file.suffix.lower() in COMPRESSED else file.name)
        _translate(table, file, encoding, copy)
        yield copy
    finally:
        shutil.rmtree(folder)


def _translate(table: str, file: Path, encoding: str, copy: Path) -> None:
    try:
        decoder = _decoder(file, encoding)
        with opened(file) as stream, copy.open("wb") as target:
            while chunk := stream.read(CHUNK):
                target.write(decoder.decode(chunk).encode())
            target.write(decoder.decode(b"", final=True).encode())
    except (OSError, EOFError, zlib.error) as error:
        raise ChurnError(
            f"table {table}: {file} cannot be read: {error}",
            "have the file written again; other tables are not affected",
        ) from error
    except UnicodeError as error:
        raise ChurnError(
            f"table {table}: {file} cannot be read as {encoding}: {undecodable(file, encoding) or error}",
            f"correct sources.*.tables.{table}.encoding, or repair the file at that place",
        ) from error
