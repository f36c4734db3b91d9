"""What came of lists: whether their promises held, and what outreach did to those it reached.

Belongs here: reading who was listed, who was held out and what became of them. Does not belong here: making lists
(``lists``), the arithmetic of an effect (``models.effect``).
"""
