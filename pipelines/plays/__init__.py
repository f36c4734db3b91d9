"""Plays: what to do about an account, who does it, what it costs and what is written to the customer.

Belongs here: which plays there are, the choice of one, its message. Does not belong here: who is on a list (``lists``),
what a contact is worth (``models.value``), what plays really did (the effect of outreach).
"""

from pipelines.plays.catalogue import Play, by_name, plays
from pipelines.plays.choice import answering, choose
from pipelines.plays.messages import message

__all__ = ["Play", "answering", "by_name", "choose", "message", "plays"]
