"""Dagster assets, a module per stage; the module's name is the assets' group.

An asset reads, calls one function, and says what came of it. Heavy libraries are imported by those functions, so that
loading the definitions costs no more than Dagster itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import dagster as dg

from pipelines import markdown
from pipelines.config import Config
from pipelines.errors import ChurnError, SourceUnavailable

OWNERS = ["team:data"]

RETRIED = dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL)
"""For what asks another system, which may come back; see ``no_retry_of_what_stays``."""


@contextmanager
def no_retry_of_what_stays() -> Iterator[None]:
    """Of the errors within only those that may pass are worth a retry: what is wrong with data or configuration stays
    wrong."""
    try:
        yield
    except SourceUnavailable:
        raise
    except ChurnError as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def partitions(config: Config) -> dg.DailyPartitionsDefinition:
    """One partition a day, from the first day that can be run; the key is the as-of date."""
    return dg.DailyPartitionsDefinition(start_date=str(config.history_start), timezone=config.time_zone)


def day(context: dg.AssetExecutionContext) -> date:
    """The as-of date of a run."""
    return date.fromisoformat(context.partition_key)


def table_md(header: list[str], rows: list[list[object]]) -> dg.MarkdownMetadataValue:
    """A Markdown table for the UI; values from data cannot break out of their cell."""
    return dg.MetadataValue.md(markdown.table(header, rows))
