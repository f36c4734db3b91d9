"""What a person at a terminal sees of a run. Belongs here: turning Dagster's events into lines, nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable

import dagster as dg

_SINK: list[Callable[[str], None]] = []


def send_to(sink: Callable[[str], None]) -> None:
    """Send the lines of runs in this process to ``sink``."""
    _SINK[:] = [sink]


class _Steps(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        line = _line(record)
        for sink in _SINK:
            if line:
                sink(line)


def _line(record: logging.LogRecord) -> str | None:
    meta = getattr(record, "dagster_meta", None) or {}
    event = meta.get("dagster_event")
    if event is None:
        told_by_a_step = meta.get("step_key") and record.levelno >= logging.INFO
        return f"  {meta.get('orig_message', record.getMessage())}" if told_by_a_step else None
    if event.event_type_value == "STEP_SUCCESS":
        return f"{event.step_key}: done in {event.event_specific_data.duration_ms / 1000:.1f} s"
    if event.event_type_value in ("STEP_UP_FOR_RETRY", "STEP_RESTARTED"):
        return f"{event.step_key}: trying again"
    return None


@dg.logger
def progress_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """A logger that tells of finished steps."""
    logger = logging.Logger("churn", level=logging.DEBUG)  # Dagster logs its events as DEBUG
    logger.addHandler(_Steps())
    return logger
