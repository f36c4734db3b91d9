"""Amounts of money, which are kept in minor units: how many of them make a major one.

Belongs here: digits by currency. Does not belong here: exchange, wording.
"""

from __future__ import annotations

_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_BY_CURRENCY = {currency: digits for digits, listed in _DIGITS.items() for currency in listed.split()}


def digits(currency: str) -> int:
    """Digits after the point of an amount in major units (ISO 4217, table A.1): 2 for EUR, 0 for JPY, 3 for KWD."""
    return _BY_CURRENCY.get(currency, 2)


def major(amount: float, currency: str) -> float:
    """An amount of minor units in major units, rounded to a whole minor one: 1234 is 12.34 EUR and 1,234 JPY."""
    return round(float(amount) / 10 ** digits(currency), digits(currency))
