"""The report page of a day: what was published, and how the company fares, as one file that needs nothing else.

Belongs here: reading what the day has on file, figures and charts for people, the page. Does not belong here: making a
list (``lists``), the formulas of rates (``churn_features.rates``), switching readers over (``exports``).
"""
