"""What an S3 server means by refusing, and what to do about it.

Belongs here: codes of errors, of whichever client, as errors with a remedy. Does not belong here: asking a server.
"""

from __future__ import annotations

from pipelines.config.storage import SCHEME, StorageKeys
from pipelines.errors import ChurnError, SourceUnavailable

_REFUSED = (
    "INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "INVALID_CLIENT_TOKEN_ID", "UNRECOGNIZED_CLIENT",
    "MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "INCOMPLETE_SIGNATURE", "ExpiredToken", "InvalidToken",
)  # fmt: skip
_FOR_NOW = (
    "NETWORK_CONNECTION", "SERVICE_UNAVAILABLE", "SLOW_DOWN", "INTERNAL_FAILURE", "REQUEST_TIMEOUT", "THROTTLING",
    "HTTP status 5",
)  # fmt: skip


def refusal(settings: StorageKeys, address: str, doing: str, code: str, said: str) -> ChurnError:
    """The error to raise where a server did not do something, such as ``read``, with what is at ``address``.

    ``code`` is Arrow's name of the error, such as NO_SUCH_BUCKET, ``said`` the whole message with the HTTP status.
    SourceUnavailable where it may pass.
    """
    at = settings.endpoint or "Amazon S3"
    cannot = f"cannot {doing} {address}"
    if code == "NO_SUCH_BUCKET":
        bucket = address.removeprefix(SCHEME).partition("/")[0]
        return ChurnError(
            f"{cannot}: {at} has no bucket {bucket}", "correct the address, or storage.endpoint, or make the bucket"
        )
    if code == "ACCESS_DENIED" or "HTTP status 403" in said:
        return ChurnError(
            f"{cannot}: {at} denies access with the credentials given, or found none",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or storage.access_key and storage.secret_key, of a "
            "user with the permissions s3:ListBucket and s3:GetObject, and s3:PutObject for what is written",
        )
    if any(each in said for each in _REFUSED):
        return ChurnError(
            f"{cannot}: {at} does not accept the credentials ({code})",
            "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or storage.access_key and storage.secret_key; "
            "where they are temporary, get new ones",
        )
    if "HTTP status 301" in said or "PermanentRedirect" in said or "AuthorizationHeaderMalformed" in said:
        return ChurnError(f"{cannot}: the bucket is in another region", "set storage.region to that of the bucket")
    if any(each in said for each in _FOR_NOW):
        return SourceUnavailable(
            f"{cannot}: {at} does not answer ({code})",
            "see that it runs and can be reached; storage.endpoint names it",
        )
    return ChurnError(
        f"{cannot}: {said[:300].rstrip('. ')}",
        "see that storage.endpoint is an S3 server, and correct what it complains of",
    )
