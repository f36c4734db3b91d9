"""What the data is worth before any training: one report of what is there, what is wrong and what it carries.

A module per subject; ``report`` has the whole. Does not belong here: the checks of a landing (``contracts``), the
thresholds of the ladder (``models.ladder``), any feature.
"""
