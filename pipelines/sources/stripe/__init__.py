"""Stripe Billing over its API: objects kept as they came (``sync``), contract tables made of them (``reader``).

Belongs here: nothing but the package's rule. ``kinds`` says what is read, ``client`` how Stripe is asked, ``store`` how
objects are kept; ``revenue`` defines recurring revenue, ``billed`` and ``history`` its course over time, ``mapping``
the other tables. Does not belong here: anything that a source of rows shares with others (``landing``).
"""
