"""The one configuration file, ``churn.yaml``: its keys (``keys``) and how it is read (``reading``)."""

from pipelines.config.keys import (
    ColumnMapping,
    Config,
    DemoSource,
    FileSource,
    Source,
    TableMapping,
    demo_end,
)
from pipelines.config.reading import DEFAULT_FILE, ENVIRONMENT, load, with_training

__all__ = [
    "DEFAULT_FILE",
    "ENVIRONMENT",
    "ColumnMapping",
    "Config",
    "DemoSource",
    "FileSource",
    "Source",
    "TableMapping",
    "demo_end",
    "load",
    "with_training",
]
