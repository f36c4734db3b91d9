"""What Arrow's file system cannot do with objects: put one only where there is none, put a file whole or not at all,
remove.

Belongs here: these requests, by boto3. Does not belong here: all others (``object_storage``), what the objects mean.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

from pipelines.config.storage import SCHEME
from pipelines.errors import ChurnError
from pipelines.object_storage import ObjectStorage
from pipelines.storage_errors import refusal

AT_ONCE = 8
"""Files that are put or fetched at a time."""

_WAITS = (0.2, 1.0, 5.0)
"""Seconds before asking again where the server says that another request for the same key is under way."""


@dataclass(frozen=True)
class ObjectCreation:
    """Requests that change what is below ``storage.url``. They raise as ``ObjectStorage`` does; ChurnError where boto3
    is not installed."""

    storage: ObjectStorage

    def create(self, key: str, content: bytes) -> bool:
        """Put an object if there is none of that key; whether there was none. Of several who try, one succeeds."""
        for wait in (*_WAITS, None):
            with self._explained(key, "write") as refused:
                self._client.put_object(**self._place(key), Body=content, IfNoneMatch="*")
                return True
            if refused == ["PreconditionFailed"]:
                return False
            if wait:
                time.sleep(wait)
        raise refusal(self.storage.settings, self.storage.address(key), "write", "SLOW_DOWN", "SLOW_DOWN")

    def upload(self, key: str, content: BinaryIO) -> None:
        """Put the content of an open file, of any size, in place of what is there; cut short, it changes nothing."""
        from boto3.s3.transfer import TransferConfig

        # in this thread: the caller has several
        with self._explained(key, "write"):
            self._client.upload_fileobj(
                content, self._place(key)["Bucket"], self._place(key)["Key"], Config=TransferConfig(use_threads=False)
            )

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects; one that is not there is none to remove."""
        for start in range(0, len(keys), 1000):
            part = keys[start : start + 1000]
            with self._explained(part[0], "remove"):
                wanted = [{"Key": self._place(key)["Key"]} for key in part]
                said = self._client.delete_objects(
                    Bucket=self._place(part[0])["Bucket"], Delete={"Objects": wanted, "Quiet": True}
                )
            for each in said.get("Errors", ()):
                raise self._refusal(part[0], "remove", each.get("Code", ""), 200, each.get("Message", ""))

    def _place(self, key: str) -> dict[str, str]:
        bucket, _, inside = self.storage.address(key).removeprefix(SCHEME).partition("/")
        return {"Bucket": bucket, "Key": inside}

    @cached_property
    def _client(self) -> Any:
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise ChurnError(
                f"writing to {self.storage.url} needs boto3, which is not installed",
                'pip install "churn-pipeline[s3]"',
            ) from error
        settings = self.storage.settings
        given: dict[str, Any] = {"endpoint_url": settings.endpoint, "region_name": settings.region}
        if settings.access_key and settings.secret_key:
            given["aws_access_key_id"] = settings.access_key.get_secret_value()
            given["aws_secret_access_key"] = settings.secret_key.get_secret_value()
        # servers other than Amazon's know neither buckets as host names nor the newer checksums
        style = {"s3": {"addressing_style": "path"}} if settings.endpoint else {}
        asked = Config(
            connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=AT_ONCE, request_checksum_calculation="when_required",
            response_checksum_validation="when_required", **style,
        )  # fmt: skip
        return boto3.session.Session().client("s3", config=asked, **given)

    @contextmanager
    def _explained(self, key: str, doing: str) -> Iterator[list[str]]:
        """What the client says as an error of ours; that a condition does not hold goes into the list instead."""
        self._client  # noqa: B018  before what it raises is known by name
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, NoCredentialsError

        unmet: list[str] = []
        try:
            yield unmet
        except ClientError as error:
            code, said = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
            status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
            if status == 412 or code == "PreconditionFailed":
                unmet.append("PreconditionFailed")
            elif code == "ConditionalRequestConflict":
                unmet.append(code)
            else:
                raise self._refusal(key, doing, code, status, said) from error
        except NoCredentialsError as error:
            raise self._refusal(key, doing, "AccessDenied", 403, str(error)) from error
        except (ConnectionError, HTTPClientError) as error:
            raise self._refusal(key, doing, "NETWORK_CONNECTION", 0, str(error)) from error
        except (BotoCoreError, Boto3Error) as error:
            raise self._refusal(key, doing, type(error).__name__, 0, str(error)) from error

    def _refusal(self, key: str, doing: str, code: str, status: int, said: str) -> ChurnError:
        as_arrow = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", code).upper()
        # a status says what to do only where no code says it better
        by_status = f", HTTP status {status}" if code.isdigit() or status >= 500 else ""
        text = f"{code} ({as_arrow}){by_status}: {said}"
        return refusal(self.storage.settings, self.storage.address(key), doing, as_arrow, text)
