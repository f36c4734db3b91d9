"""Minor units of a currency."""

from __future__ import annotations

import pytest

from churn_features.money import digits, major


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (123456, "EUR", 1234.56),
        (123456, "JPY", 123456),
        (123456, "KWD", 123.456),
        (-5, "USD", -0.05),
        (12.4, "EUR", 0.12),
    ],
)
def test_major_units(amount, currency, expected):
    assert major(amount, currency) == expected


def test_a_currency_that_is_not_listed_has_two_digits():
    assert digits("CHF") == digits("XYZ") == 2
