"""Which account falls where when accounts are divided: always the same one, whatever the order or size of the data.

Belongs here: the seeded division of accounts. Does not belong here: what the parts are used for.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

CALIBRATE, FOLD, SAMPLE, IMPORTANCE = "calibrate", "fold", "sample", "explain"
"""Purposes: each divides the accounts independently of the others."""


def position(account_ids: pd.Series, purpose: str, seed: int = 0) -> np.ndarray:
    """A number in [0, 1) per row, fixed by account, purpose and seed alone (SipHash), uniform over accounts."""
    key = f"{purpose[:8]}{seed % 10**8}".ljust(16, ".")
    hashed = pd.util.hash_array(account_ids.astype(str).to_numpy(dtype=object), hash_key=key)
    return (hashed >> np.uint64(11)).astype(np.float64) / 2.0**53
