"""The errors that a user can repair. Belongs here: their shape, and nothing that knows a cause."""

from __future__ import annotations


class ChurnError(Exception):
    """Something outside the code is wrong and its remedy is known.

    ``message`` names the table, row, key or file that is wrong; ``remedy`` says what to do about it.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message}. Remedy: {remedy}")
        self.message = message
        self.remedy = remedy


class SourceUnavailable(ChurnError):
    """A source does not answer or has not delivered yet: the same attempt may succeed later."""


class NotDelivered(ChurnError):
    """Lists are published, but not every destination got its lists."""
