"""The one configuration file, ``churn.yaml``: its keys (``keys``, ``sources``) and how it is read (``reading``)."""

from pipelines.config.databases import QueryMapping, SqlSource
from pipelines.config.keys import Config
from pipelines.config.mapping import ColumnMapping, RowMapping
from pipelines.config.reading import DEFAULT_FILE, ENVIRONMENT, load, with_training
from pipelines.config.sources import (
    DemoSource,
    FileSource,
    Source,
    StripeSource,
    TableMapping,
    demo_end,
)

__all__ = [
    "DEFAULT_FILE",
    "ENVIRONMENT",
    "ColumnMapping",
    "Config",
    "DemoSource",
    "FileSource",
    "QueryMapping",
    "RowMapping",
    "Source",
    "SqlSource",
    "StripeSource",
    "TableMapping",
    "demo_end",
    "load",
    "with_training",
]
