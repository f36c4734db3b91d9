"""Reaching a PostgreSQL server: the address as its driver takes it, names in SQL, what its refusals mean.

Belongs here: what reading from one (``sources.sql.postgresql``) and delivering to one (``destinations.postgresql``)
share. Does not belong here: any statement.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from sqlalchemy import URL

CONNECT_SECONDS = "20"

GONE = ("08", "53", "57P", "40")
"""SQLSTATE classes that a later attempt may mend: connection, resources, shutdown, conflicts."""

_REFUSED = ("authentication failed", "no password", "does not exist", "pg_hba.conf", "SSL", "certificate", "invalid")


def uri(url: URL, sslmode: str | None = None, sslrootcert: Path | None = None) -> str:
    """The address as libpq reads it, with its password and the TLS that is configured."""
    tls = {"sslmode": sslmode, "sslrootcert": sslrootcert and str(sslrootcert)}
    given = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
    settings = {"connect_timeout": CONNECT_SECONDS, "application_name": "churn-pipeline", **given}
    settings |= {name: value for name, value in tls.items() if value}
    # SQLAlchemy leaves spaces as they are
    plain = url.set(drivername="postgresql", query={}).render_as_string(hide_password=False).replace(" ", "%20")
    return f"{plain}?{urlencode(settings, quote_via=quote)}"


def quoted(name: str) -> str:
    """A name in SQL."""
    from sqlalchemy.dialects import postgresql

    return postgresql.dialect().identifier_preparer.quote_identifier(name)


def is_refusal(said: str) -> bool:
    """Whether a failure to connect stays one until the configuration is corrected."""
    return any(each in said for each in _REFUSED)
