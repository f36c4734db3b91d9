"""What a landed table must satisfy before it exists for a day: rules, the check, the quarantine, the accepted copy.

Belongs here: the rules of every table, how they are run (Great Expectations on DuckDB) and what is written because
of them. Does not belong here: reading sources and typing values (``pipelines.sources``), where a day's files lie
(the lake), and how results are shown in Dagster.
"""
