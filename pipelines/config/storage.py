"""The keys of object storage: where it is and who asks.

Belongs here: what can be configured of it. Does not belong here: speaking to it (``pipelines.object_storage``).
"""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from pipelines.config.mapping import Keys

SCHEME = "s3://"


def object_url(url: str) -> str:
    """An address of objects without a slash at the end; ValueError if it is none."""
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/.*)?", url):
        raise ValueError(f"{url.rpartition('@')[2]!r} is no address such as s3://bucket/prefix")
    bucket, _, prefix = url.removeprefix(SCHEME).partition("/")
    if any(part in ("", ".", "..") for part in prefix.rstrip("/").split("/")) and prefix.strip("/"):
        raise ValueError(f"{url!r} has a part of its prefix that is empty, . or ..")
    return f"{SCHEME}{bucket}/{prefix.strip('/')}".rstrip("/")


ObjectUrl = Annotated[str, AfterValidator(object_url)]
"""``s3://bucket`` or ``s3://bucket/prefix``, without a slash at the end."""


def is_object_url(value: Any) -> bool:
    """Whether a value is meant as the address of objects, not as a path."""
    return isinstance(value, str) and value.lower().startswith(SCHEME)


class StorageKeys(Keys):
    """S3-compatible object storage, for every address of the form ``s3://bucket/prefix``. Without keys of its own, the
    standard ones are taken: ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_SESSION_TOKEN``, ``~/.aws`` or the
    profile of the machine."""

    endpoint: str | None = Field(
        None,
        description="address of the server, such as https://minio.example.com:9000; default: Amazon's of the region",
    )
    region: str | None = Field(None, description="region of the buckets; default: that of the AWS environment")
    access_key: SecretStr | None = Field(None, description="as ${NAME}, with secret_key")
    secret_key: SecretStr | None = Field(None, description="as ${NAME}, with access_key")
    remote: ObjectUrl | None = Field(
        None,
        description="s3://bucket/prefix where lake, lists, receipts and champion are [at home](lake.md); the folders "
        "of this machine are a working copy, which nights pull before and push after",
    )

    @field_validator("endpoint")
    @classmethod
    def _address(cls, address: str | None) -> str | None:
        if address is None:
            return None
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.path.strip("/"):
            raise ValueError("give http:// or https:// with host and port, without a user and without a path")
        return address.rstrip("/")

    @model_validator(mode="after")
    def _both_keys(self) -> StorageKeys:
        if (self.access_key is None) != (self.secret_key is None):
            raise ValueError("give both access_key and secret_key, or neither")
        return self
