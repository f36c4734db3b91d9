"""The command: see the package."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

from benchmarks.naive import features, load


def main() -> None:
    """The command."""
    lake, as_of, zone, roles, out = sys.argv[1:]
    features(load(Path(lake)), pd.Timestamp(as_of), zone, json.loads(roles)).to_parquet(out, index=False)


if __name__ == "__main__":
    main()
