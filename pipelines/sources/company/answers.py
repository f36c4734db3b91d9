"""How the tables look once accounts have answered contacts: the same rows, but for those who now leave at another time.

Belongs here: putting the rows of such accounts together. Does not belong here: who leaves when (``fates``), any draw
that an account without contacts would notice.

The tables of a chunk share their dice, so one account that stays longer would shuffle the rows of all others. Rows are
therefore drawn twice, for the company without contacts and for one in which nobody decides to leave. An account that
leaves earlier keeps its rows up to then; one that stays longer goes on with those of the second company. A contact
changes no row before it, whatever contacts there are besides it. What it changes is when an account leaves: use of the
product tells of the planted causes as it did before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.company.fates import Fates, simulate
from pipelines.sources.company.parameters import CHUNK, NEVER, NONE, Company
from pipelines.sources.company.scene import Scene
from pipelines.sources.company.subscriptions import stated_ground
from pipelines.sources.company.tables import tables, true_tables
from pipelines.sources.company.treatment import Contacts
from pipelines.sources.company.writing import SCHEMAS, Clock

_BEHAVIOUR = {"usage": "day", "tickets": "opened_at", "feedback": "given_at", "outreach": "contacted_at"}
_MONEY = {"invoices": "issued_at", "subscription_changes": "changed_at"}
_MARKED = {"tickets": "ticket_id", "payments": "payment_id"}
"""Identifiers that are counted on: those of the second company get a mark, so that none is there twice."""

_ORDER = {**_BEHAVIOUR, **_MONEY, "payments": "attempted_at", "payment_methods": "added_at",
          "subscriptions": "started_at"}  # fmt: skip
_ALWAYS = np.full(CHUNK, -NEVER)
_OUTCOMES = ("reached", "no_answer", "meeting_booked")


def answered(company: Company, clock: Clock, chunk: int, contacts: Contacts) -> dict[str, pa.Table]:
    """All tables of a chunk whose accounts were contacted; see ``tables.tables``."""
    before = simulate(company, chunk)
    made = tables(company, clock, chunk, before)
    after = simulate(company, chunk, contacts, before)
    scene = Scene(company, clock, chunk, after)
    changed = np.flatnonzero((after.decided != before.decided) | (after.ended != before.ended))
    changed = changed[changed < scene.count]
    if len(changed):
        second = tables(company, clock, chunk, simulate(company, chunk, None, before, leaving=False))
        made = _joined(scene, made, second, before, changed)
    made |= true_tables(scene)
    made["outreach"] = _sorted("outreach", pa.concat_tables([made["outreach"], _outreach(scene, contacts)]))
    return made


def _joined(
    scene: Scene, first: dict[str, pa.Table], second: dict[str, pa.Table], before: Fates, changed: np.ndarray
) -> dict[str, pa.Table]:
    """The rows of ``changed`` accounts up to the day on which they left or decided to, and from ``second`` after it."""
    names, after = scene.ids.take(pa.array(changed)), scene.fates
    result = dict(first)
    # what is used and said goes on from the decision, what is billed from the day on which the account would have left
    turned = np.minimum(before.decided, before.ended)
    for kinds, edge in ((_BEHAVIOUR, turned), (_MONEY, before.ended)):
        for table, column in kinds.items():
            old, new = (_rows_of(part[table], names, among=True) for part in (first, second))
            parts = [
                _within(scene, old, column, _ALWAYS, np.minimum(edge, after.ended)),
                _marked(table, _within(scene, new, column, edge, after.ended)),
            ]
            result[table] = _with(table, first[table], names, parts)
    invoices = [_rows_of(part["invoices"], names, among=True) for part in (first, second)]
    until = [np.minimum(before.ended, after.ended), after.ended]
    since = [_ALWAYS, before.ended]
    payments = []
    for part, billed, begin, end in zip((first, second), invoices, since, until, strict=True):
        kept = _within(scene, billed, "issued_at", begin, end)["invoice_id"]
        rows = _rows_of(part["payments"], names, among=True)
        rows = rows.filter(pc.is_in(rows["invoice_id"], kept.combine_chunks()))
        payments.append(rows if part is first else _marked("payments", rows))
    result["payments"] = _with("payments", first["payments"], names, payments)
    methods = _rows_of(second["payment_methods"], names, among=True)
    methods = _within(scene, methods, "added_at", _ALWAYS, after.ended)
    result["payment_methods"] = _with("payment_methods", first["payment_methods"], names, [_unremoved(scene, methods)])
    stays = [_stays(scene, first["subscriptions"], int(who)) for who in changed]
    rows = pa.Table.from_pylist([row for each in stays for row in each], schema=SCHEMAS["subscriptions"])
    result["subscriptions"] = _with("subscriptions", first["subscriptions"], names, [rows])
    return result


def _rows_of(table: pa.Table, names: pa.Array, among: bool) -> pa.Table:
    inside = pc.is_in(_account(table), names)
    return table.filter(inside if among else pc.invert(inside))


def _within(scene: Scene, rows: pa.Table, column: str, begin: np.ndarray, end: np.ndarray) -> pa.Table:
    """Rows whose day, counted from the company's first, is between that of ``begin`` and before that of ``end``."""
    who = _who(scene, rows)
    if column == "day":
        day = (rows[column].to_numpy().astype("datetime64[D]") - np.datetime64(scene.company.start)).astype(int)
    else:
        day = scene.clock.day_of(rows[column].to_numpy())
    return rows.filter(pa.array((day >= begin[who]) & (day < end[who])))


def _who(scene: Scene, rows: pa.Table) -> np.ndarray:
    return pc.index_in(_account(rows), scene.ids).to_numpy(zero_copy_only=False).astype(int)


def _account(rows: pa.Table) -> pa.Array:
    """Whose each row is; changes of subscriptions tell it by the identifier, such as sub-acc-0000001-1."""
    if "account_id" in rows.schema.names:
        return rows["account_id"].combine_chunks()
    return pc.utf8_slice_codeunits(rows["subscription_id"].combine_chunks(), 4, 15)


def _marked(table: str, rows: pa.Table) -> pa.Table:
    name = _MARKED.get(table)
    if name is None:
        return rows
    marked = pc.replace_substring_regex(rows[name], r"-(\d+)$", r"-s\1")
    return rows.set_column(rows.schema.get_field_index(name), name, marked)


def _with(table: str, rows: pa.Table, names: pa.Array, parts: list[pa.Table]) -> pa.Table:
    return _sorted(table, pa.concat_tables([_rows_of(rows, names, among=False), *parts]))


def _sorted(table: str, rows: pa.Table) -> pa.Table:
    keys = [_ORDER[table], *(["event"] if table == "usage" else [])]
    sorted_by = pa.table({"account": _account(rows), **{key: rows[key] for key in keys}})
    order = pc.sort_indices(sorted_by, sort_keys=[(key, "ascending") for key in ("account", *keys)])
    return rows.take(order)


def _unremoved(scene: Scene, methods: pa.Table) -> pa.Table:
    """Payment methods of accounts that had left before one was replaced are not replaced."""
    name, ended = "removed_at", scene.fates.ended[_who(scene, methods)]
    removed = methods[name].to_numpy()
    gone = ~np.isnat(removed) & (scene.clock.day_of(removed) >= ended)
    index = methods.schema.get_field_index(name)
    return methods.set_column(index, name, pa.array(np.where(gone, np.datetime64("NaT", "us"), removed)))


def _stays(scene: Scene, table: pa.Table, who: int) -> list[dict[str, Any]]:
    """The subscriptions of an account with the end that they now have."""
    f, clock, days = scene.fates, scene.clock, scene.company.days
    mine = table.filter(pc.equal(table["account_id"], scene.ids[who])).to_pylist()
    starts = clock.day_of(np.array([row["started_at"] for row in mine], "datetime64[us]"))
    rows = [row for row, start in zip(mine, starts, strict=True) if start < min(f.ended[who], days)]
    decided, ended, opening = int(f.decided[who]), int(f.ended[who]), int(scene.opening[who])
    dice = scene.dice(f"an answer of {who}")
    hour, ground, tells = int(dice.integers(12, 18)) * 3600, float(dice.random()), dice.random() < 0.7
    began = int(clock.day_of(np.array([rows[-1]["started_at"]], "datetime64[us]"))[0])
    second = opening + 60 if decided == began else opening - 900 if decided == ended else hour
    known = decided < days
    cause = int(scene.course.cause[who]) if scene.course.since[who] < decided else NONE
    at = [clock.at(np.array([day]), each, ahead=ahead)[0].item() for day, each, ahead in (
        (decided, second, False), (int(f.leaves_on[who]) if known else NEVER, opening, True),
        (ended, 8 * 3600 if f.involuntary[who] else opening, False))]  # fmt: skip
    reason = None if ended >= days else "payment_failed" if f.involuntary[who] else "requested"
    rows[-1] |= {
        "cancel_requested_at": at[0], "ends_at": at[1], "ended_at": at[2], "end_reason": reason,
        "feedback": stated_ground(cause, ground) if known and tells else None, "auto_renew": not known,
    }  # fmt: skip
    return rows


def _outreach(scene: Scene, contacts: Contacts) -> pa.Table:
    """The contacts as rows: made after the hours of the ordinary ones, each with dice of its own."""
    dice = [
        np.random.default_rng([scene.company.seed, scene.chunk, 3, who, day, *play.encode()])
        for who, day, play in zip(contacts.who.tolist(), contacts.day.tolist(), contacts.play.tolist(), strict=True)
    ]
    second = np.array([each.integers(16 * 3600, 18 * 3600) for each in dice], dtype=int)
    minutes = np.array([each.integers(1, 90) for each in dice], dtype=int)
    outcome = [_OUTCOMES[each.choice(3, p=[0.6, 0.25, 0.15])] for each in dice]
    columns = {
        "account_id": scene.ids.take(pa.array(contacts.who)),
        "contacted_at": scene.clock.at(contacts.day, second),
        "play": pa.array(contacts.play.tolist(), pa.string()),
        "list_as_of": scene.clock.day(contacts.listed, ahead=True),
        "outcome_at": scene.clock.at(contacts.day, second + 60 * minutes),
        "outcome": pa.array(outcome, pa.string()),
    }
    schema = SCHEMAS["outreach"]
    arrays = [
        pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(len(dice), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
