"""Other futures for a stored table: SQL for the table with everything after a cutoff deleted, scrambled or added to.

Belongs here: what counts as later, and what it is changed to. Does not belong here: running it. What is later follows
from the contract's words alone, written down here a second time on purpose: a mistake in ``churn_features.clock`` does
not hide itself. Nothing is drawn: the same row and seed give the same change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from churn_features.tables import Column, Table
from pipelines.engine import identifier, literal

Way = Literal["delete", "scramble", "append"]
WAYS: tuple[Way, ...] = ("delete", "scramble", "append")

_COPIED = 40
"""Of a hundred known rows, how many are copied into the future."""


@dataclass(frozen=True)
class Future:
    """What is not known at the end of ``as_of``, whose cutoff is an instant in naive UTC."""

    as_of: date
    cutoff: datetime
    seed: int = 0

    def later(self, table: Table) -> str:
        """SQL condition: the row was not known. It happened, was recorded or was landed only afterwards."""
        landed = f"coalesce(known_after >= {self._day}, false)"
        if table.name == "usage":
            return f"(day > {self._day} OR {landed})"
        recorded = f"coalesce(recorded_at >= {self._end}, false)"
        return f"({table.occurred} >= {self._end} OR {recorded} OR {landed})"

    def tampered(self, table: Table, rows: str, way: Way) -> str:
        """SQL for the stored rows of ``table`` (``rows`` is SQL too) with another future.

        *delete*: later rows are gone, values that were filled in later are empty. *scramble*: later rows keep their
        keys and change all else, values that were filled in later are filled in otherwise, values that are overwritten
        in place are other ones. *append*: copies of known rows with other numbers, that happened, were recorded or
        were landed later.
        """
        if way == "append":
            return f"SELECT * FROM ({rows}) UNION ALL BY NAME {self._copies(table, rows)}"
        kept = f"SELECT {self._changed(self._untold(table, way))} FROM ({rows}) WHERE NOT {self.later(table)}"
        if way == "delete":
            return kept
        scrambled = self._changed(self._others(table))
        return f"{kept} UNION ALL BY NAME SELECT {scrambled} FROM ({rows}) WHERE {self.later(table)}"

    @property
    def _day(self) -> str:
        return f"DATE '{self.as_of}'"

    @property
    def _end(self) -> str:
        return f"TIMESTAMP '{self.cutoff}'"

    def _dice(self, table: Table, salt: str) -> str:
        """SQL for a whole number below 100 that depends on the row's key."""
        key = ", ".join(identifier(name) for name in table.key)
        return f"(hash({key}, {self.seed}, {literal(salt)}) % 100)::INTEGER"

    def _changed(self, changes: dict[str, str]) -> str:
        return f"* REPLACE ({', '.join(f'{new} AS {identifier(name)}' for name, new in changes.items())})"

    def _untold(self, table: Table, way: Way) -> dict[str, str]:
        """Of known rows: the values that nobody knew yet, and the end that a later landing put to them."""
        changes = {"known_to": f"CASE WHEN known_to >= {self._day} THEN NULL ELSE known_to END"}
        for column in table.columns if table.name != "usage" else ():
            if column.kind == "fixed":
                continue
            told = f"coalesce({column.known_from} < {self._end}, false)" if column.known_from else "false"
            for name, new in self._another(table, column).items():
                other = "NULL" if way == "delete" else new
                changes[name] = f"CASE WHEN {told} THEN {identifier(name)} ELSE {other} END"
        return changes

    def _others(self, table: Table) -> dict[str, str]:
        """Of later rows: everything but keys and references."""
        if table.name == "usage":
            return {"quantity": f"quantity * {self._dice(table, 'quantity')}", "users": "NULL"}
        free = (column for column in table.columns if column.name not in table.key and not column.name.endswith("_id"))
        return {name: new for column in free for name, new in self._another(table, column).items()}

    def _another(self, table: Table, column: Column) -> dict[str, str]:
        """Another value of a column, of an instant with its day: a later one, sometimes none."""
        dice = self._dice(table, column.name)
        if column.type == "instant":
            instant, day = f"{self._end} + {dice} * INTERVAL 1 HOUR", f"{self._day} + 1 + {dice} // 24"
            if not column.required:
                instant, day = (f"CASE WHEN {dice} < 70 THEN {value} END" for value in (instant, day))
            return {column.name: instant, str(column.day): day}
        if column.choices:
            options = ", ".join(literal(choice) for choice in column.choices)
            return {column.name: f"[{options}][1 + {dice} % {len(column.choices)}]"}
        other = {
            "text": f"'scrambled ' || {dice}", "day": f"{self._day} + {dice}", "number": f"{dice} / 7.0",
            "flag": f"{dice} < 50",
        }  # fmt: skip
        return {column.name: other.get(column.type, f"{dice}::BIGINT * 1000")}

    def _copies(self, table: Table, rows: str) -> str:
        """Known rows once more, with larger numbers: a third happened, was recorded, was landed later."""
        kind, hours = f"{self._dice(table, 'kind')} % 3", self._dice(table, "hours")
        instant, day = f"{self._end} + {hours} * INTERVAL 1 HOUR", f"{self._day} + 1 + {hours} // 24"
        changes = {
            column.name: f"{identifier(column.name)} * 7 + 1"
            for column in table.columns
            if column.type in ("integer", "money", "number") and (table.name != "usage" or column.name == "quantity")
        }
        changes["known_after"] = f"CASE WHEN {kind} = 2 THEN {self._day} ELSE known_after END"
        changes["known_to"] = f"CASE WHEN {kind} = 2 THEN NULL ELSE known_to END"
        if table.name == "usage":
            changes["day"] = f"CASE WHEN {kind} = 2 THEN day ELSE {day} END"
        else:
            occurred = table.column(table.occurred)
            for column, number in ((occurred, 0), (table.column("recorded_at"), 1)):
                changes[column.name] = f"CASE WHEN {kind} = {number} THEN {instant} ELSE {column.name} END"
                changes[str(column.day)] = f"CASE WHEN {kind} = {number} THEN {day} ELSE {column.day} END"
            if len(table.key) == 1:
                key = table.key[0]
                changes[key] = f"CASE WHEN {kind} = 2 THEN {key} ELSE {key} || ' later' END"
        copied = f"NOT {self.later(table)} AND {self._dice(table, 'copied')} < {_COPIED}"
        return f"SELECT {self._changed(changes)} FROM ({rows}) WHERE {copied}"
