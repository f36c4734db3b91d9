"""Destinations of kind ``folder``: files in further formats, with the layout of days of the published lists.

Belongs here: which files a format is. Does not belong here: the forms that CRMs expect (``crm``), the switch
(``day_folders``).
"""

from __future__ import annotations

import codecs
import hashlib
import json

from pipelines.config import Config
from pipelines.config.destinations import FolderDestination
from pipelines.day_folders import publish_day
from pipelines.destinations.crm import crm_csv
from pipelines.destinations.delivering import Delivery
from pipelines.destinations.listing import MANIFEST, Listing


def where(config: Config, keys: FolderDestination, list_name: str) -> str:
    """The folder of a list."""
    return str(config.path(keys.path) / list_name)


def deliver(delivery: Delivery) -> bool:
    """Publish the list's files there; whether anything changed."""
    keys, listing = delivery.keys, delivery.listing
    name, content = _file(keys, listing)
    manifest = {
        "list": listing.name,
        "version": listing.manifest["version"],
        "as_of": str(listing.as_of),
        "rows": len(listing.rows),
        "format": keys.format,
        "of": listing.digest,
        "files": {name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}},
    }
    files = {name: content, MANIFEST: (json.dumps(manifest, indent=2) + "\n").encode()}
    return publish_day(delivery.config.path(keys.path) / listing.name, listing.as_of, files)


def _file(keys: FolderDestination, listing: Listing) -> tuple[str, bytes]:
    match keys.format:
        case "csv":
            name = f"{listing.name}.csv"
            # what is published is escaped already
            return name, (codecs.BOM_UTF8 if keys.bom else b"") + listing.files[name]
        case "parquet":
            return f"{listing.name}.parquet", listing.files[f"{listing.name}.parquet"]
        case "json_lines":
            lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in listing.rows)
            return f"{listing.name}.jsonl", "".join(lines).encode()
        case _:
            return f"{listing.name}.csv", crm_csv(keys, listing)
