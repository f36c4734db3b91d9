"""Which companies there are."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.errors import ChurnError
from pipelines.sources.company import Company


def test_parameters_that_describe_no_company_are_refused() -> None:
    assert Company().end == date(2026, 6, 30)
    assert Company(start=date(2025, 12, 1), months=1).end == date(2025, 12, 31)
    with pytest.raises(ChurnError, match=r"accounts = 0.*Remedy: give at least 1 account"):
        Company(accounts=0)
    with pytest.raises(ChurnError, match=r"2025-01-31.*first day of a month"):
        Company(start=date(2025, 1, 31))
