"""The address of a database. Belongs here: reading it, and telling of it without its secrets. Does not belong here:
connecting."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from pipelines.config import SqlSource
from pipelines.errors import ChurnError

if TYPE_CHECKING:
    from sqlalchemy import URL


def parsed(source: SqlSource) -> URL:
    """The source's address; ChurnError if it is none."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(source.url.get_secret_value())
    except (ArgumentError, ValueError):
        # what is wrong with it may be part of the password
        raise ChurnError(
            f"the url of the {source.dialect} source cannot be read",
            "write it as dialect://user:password@host:port/database; percent-encode @ : / in user and password",
        ) from None


def where(url: URL) -> str:
    """The database without user, password and settings."""
    from sqlalchemy import URL

    return URL.create(url.get_backend_name(), host=url.host, port=url.port, database=url.database).render_as_string()


def hidden(said: str, password: str | None) -> str:
    """What a driver said without the password, in whatever form it may repeat it."""
    for form in (password, quote(password, safe=""), quote(password, safe=" +")) if password else ():
        said = said.replace(form, "***")
    return said
