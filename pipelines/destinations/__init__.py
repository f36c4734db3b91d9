"""Bringing published lists to the systems that people work in, with a receipt for each delivery.

Belongs here: reading what is published for a day, and one module per kind of destination. Does not belong here: how a
list is made; a destination knows only the files that are published. Each kind has ``where``, which names the place
without any secret, and ``deliver``, which brings a list there as a whole or not at all and may be called again.
"""
