"""The one configuration file, ``churn.yaml``: its keys (``keys``, ``sources``) and how it is read (``reading``)."""

from pipelines.config.keys import Config
from pipelines.config.reading import DEFAULT_FILE, ENVIRONMENT, load, with_training
from pipelines.config.sources import (
    ColumnMapping,
    DemoSource,
    FileSource,
    RowMapping,
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
    "RowMapping",
    "Source",
    "StripeSource",
    "TableMapping",
    "demo_end",
    "load",
    "with_training",
]
