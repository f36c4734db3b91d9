"""``python -m pipelines.cli``: the ``churn`` command where it is not on the path. Belongs here: this call."""

from __future__ import annotations

from pipelines.cli import main

main()
