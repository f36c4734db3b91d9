"""Every feature's documentation shows an example that runs and gives what it says."""

from __future__ import annotations

import doctest

import pytest

from churn_features.catalogue import FEATURES
from pipelines.example import known


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_the_example_gives_what_it_says(feature):
    assert feature.example, "a docstring ends with an example: >>> known(...)"
    assert f'known("{feature.name}"' in feature.example
    example = doctest.DocTestParser().get_doctest(feature.example, {"known": known}, feature.name, None, None)
    said: list[str] = []
    doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert not said, "".join(said)
