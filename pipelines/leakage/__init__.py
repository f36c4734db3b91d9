"""Proof on the user's own data that features know nothing of the future.

Belongs here: changing the future of stored tables (``tampering``), computing features again and comparing (``proof``),
columns that the source overwrote (``overwritten``) or that are too good by themselves (``single``). Does not belong
here: how time is cut (``churn_features.clock``): the proof must not share its code.
"""
