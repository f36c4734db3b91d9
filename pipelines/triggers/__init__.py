"""Triggers: rules that fire without a model, what each was worth on the company's own history, and the alarm of the
company as a whole.

Belongs here: which triggers there are, for whom they fire, how good they were. Does not belong here: the list that
people get, with its cool-down (``lists``), what to do about one (``plays``), arithmetic (``models``).
"""

from pipelines.triggers.catalogue import Trigger, triggers
from pipelines.triggers.fired import firing, reason

__all__ = ["Trigger", "firing", "reason", "triggers"]
