"""The accounts: who they are on paper.

Belongs here: the table ``accounts``. Does not belong here: its vocabulary (``words``) and what the accounts do.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pyarrow as pa

from pipelines.sources.company.parameters import CHUNK
from pipelines.sources.company.scene import Columns, Scene, text
from pipelines.sources.company.words import CHANNELS, COUNTRIES, FIRST, FORMS, INDUSTRIES, LAST, NOUNS, OPENINGS, SIZES


def accounts(scene: Scene) -> Columns:
    """One row per account of the chunk."""
    rng, traits, who = scene.rng, scene.traits, np.arange(CHUNK)
    picks = zip(*(rng.integers(0, len(w), CHUNK) for w in (OPENINGS, NOUNS, FORMS)), strict=True)
    names = [f"{OPENINGS[a]} {NOUNS[b]}{FORMS[c]}" for a, b, c in picks]
    people = [f"{first} {last}" for last, first in product(LAST, FIRST)]
    owner = (scene.chunk * 7 + rng.permutation(CHUNK) % 7) % len(people)
    return {
        "who": who, "created_at": scene.clock.at(traits.started, scene.opening - 1800), "name": pa.array(names),
        "owner": text(owner, people), "industry": text(rng.integers(0, 8, CHUNK), INDUSTRIES),
        "country": text(rng.integers(0, 12, CHUNK) // rng.integers(1, 3, CHUNK), COUNTRIES),
        "size": text(np.searchsorted([4, 20, 80, 250], traits.seats * rng.uniform(0.8, 1.6, CHUNK)), SIZES),
        "channel": text(rng.integers(0, 6, CHUNK), CHANNELS), "contact_ok": rng.random(CHUNK) < 0.96,
    }  # fmt: skip
