"""Published lists made by hand, and what they are delivered to: a PostgreSQL server, a web and a mail server, with
certificates of their own."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.config import Config
from pipelines.csv_files import csv_bytes
from pipelines.day_folders import publish_day

DAY = date(2025, 3, 10)

HOSTILE = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "<script>alert(1)</script>", "two\nlines",
    "Bcc: all@example.com\r\nSubject: owned", "../../etc/passwd", "a/b\\c", 'comma, "quote"; semi|bar',
    "👩‍🚀 ünïcode \u202e", "'; DROP TABLE churn_lists; --", "x" * 10_000, "{owner}%s${HOME}", "nul\x00byte", "\u2028",
]  # fmt: skip

TYPES = {"integer": "int32", "number": "float64", "text": "string"}

VERSION_1 = {
    "rank": "integer", "account_id": "text", "name": "text", "owner": "text", "plan": "text", "mrr": "number",
    "currency": "text", "probability": "number", "expected_loss": "number", "reason_1": "text", "reason_2": "text",
    "themes": "text", "as_of": "text", "model_version": "text",
}  # fmt: skip
VERSION_2 = {
    **{name: kind for name, kind in VERSION_1.items() if name not in ("as_of", "model_version")},
    "attention": "text", "play": "text", "since": "text", "days_on_list": "integer", "rank_before": "integer",
    "as_of": "text", "model_version": "text",
}  # fmt: skip
COLUMNS = {1: VERSION_1, 2: VERSION_2}


def row(rank: int, as_of: date = DAY, **changed: Any) -> dict[str, Any]:
    """A row of a list as its JSON file has it."""
    return {
        "rank": rank, "account_id": f"a{rank:02}", "name": f"Customer {rank}", "owner": f"M{rank % 2}", "plan": "basic",
        "mrr": 12.5, "currency": "EUR", "probability": 0.25, "expected_loss": 3.125, "attention": "human",
        "play": "check_in",
        "reasons": [{"theme": "usage", "feature": "logins_28d", "text": f"Sign-ins: {rank}"},
                    {"theme": "support", "feature": "tickets_28d", "text": "Tickets: 2"}],
        "since": str(as_of), "days_on_list": 0, "rank_before": None, "as_of": str(as_of), "model_version": "1",
        **changed,
    }  # fmt: skip


def publish(
    config: Config,
    rows: Sequence[dict[str, Any]],
    as_of: date = DAY,
    name: str = "at_risk",
    version: int = 2,
    left: Sequence[str] = (),
) -> Path:
    """Publish a list of these rows, as the product would; its folder."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = COLUMNS[version]
    flat = [
        {
            **each,
            "as_of": str(as_of),
            **{f"reason_{n + 1}": reason["text"] for n, reason in enumerate(each["reasons"][:2])},
            "themes": "|".join(reason["theme"] for reason in each["reasons"]),
        }
        for each in rows
    ]
    flat = [{column: each.get(column) for column in columns} for each in flat]
    schema = pa.schema([(column, getattr(pa, TYPES[kind])()) for column, kind in columns.items()])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(flat, schema=schema), sink)
    files = {
        f"{name}.csv": csv_bytes(list(columns), (each.values() for each in flat)),
        f"{name}.json": json.dumps([{**each, "as_of": str(as_of)} for each in rows], ensure_ascii=False).encode(),
        f"{name}.parquet": bytes(sink.getvalue()),
        "changes.json": json.dumps({"left": [{"account_id": each} for each in left]}).encode(),
    }
    manifest = {
        "list": name, "version": version, "as_of": str(as_of), "rows": len(rows),
        "files": {each: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                  for each, content in sorted(files.items())},
    }  # fmt: skip
    home = config.path(config.exports) / name
    publish_day(home, as_of, {**files, "manifest.json": json.dumps(manifest).encode()})
    return home / f"as_of={as_of}"


@dataclass
class Place:
    """A company with destinations and lists, of which nothing but the published files exists."""

    shop: Any

    @property
    def destinations(self) -> dict[str, Any]:
        """The section of the configuration, to be changed before ``config``."""
        return self.shop.keys.setdefault("destinations", {})

    def config(self) -> Config:
        made: Config = self.shop.config()
        return made

    def publish(self, *rows: dict[str, Any], **more: Any) -> Path:
        return publish(self.config(), rows, **more)

    def receipt(self, name: str, as_of: date = DAY, of: str = "at_risk") -> dict[str, Any]:
        file = self.shop.root / "var/state/receipts" / name / of / f"as_of={as_of}.json"
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return found


@pytest.fixture
def place(shop: Any) -> Place:
    """A shop without any list yet."""
    return Place(shop)


@dataclass(frozen=True)
class Certificates:
    """A certificate for this machine and its key, signed by itself."""

    file: Path
    key: Path


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificates(folder / "certificate.pem", folder / "key.pem")
    made.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


@pytest.fixture
def make_row() -> Callable[..., dict[str, Any]]:
    """``row``, for tests: rows of a list."""
    return row


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request: pytest.FixtureRequest) -> str:
    """Text from data that means no good."""
    return str(request.param)
