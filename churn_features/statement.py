"""One expression that computes all features of all paying accounts on one as-of date.

Belongs here: turning the catalogue into a query. Training and scoring run this same query, once per date, so they
cannot drift apart. Does not belong here: any feature, any engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import ibis
import ibis.expr.types as ir
from ibis.common.exceptions import IbisTypeError

from churn_features import daily_use, feedback, invoices, outreach, payments, renewal, states, support
from churn_features.catalogue import BY_NAME, FEATURES, MEASURES
from churn_features.clock import Moment, cut, stored
from churn_features.feature import Feature, Measure
from churn_features.query import Query
from churn_features.tables import TABLES


class FeatureError(Exception):
    """A feature cannot be computed point-in-time as it is written; the message says what to change."""


def features(present: Iterable[str], roles: Mapping[str, str], catalogue: Sequence[Feature] = FEATURES) -> Query:
    """A query for one row per paying account: ``account_id``, ``announced``, ``mrr_now``, ``as_of``, every feature.

    ``present`` names the tables there are, to be found by the engine under their own names with the stored schema;
    ``accounts`` and ``subscriptions`` must be among them, the features of any other missing table come out missing.
    ``roles`` maps event names to roles; the features of a role without an event come out missing. Parameters:
    ``as_of`` (date), ``cutoff`` (naive UTC instant) and ``usage_from`` (first day of usage on record). Numbers are
    float64, categories text; ordered by account.
    """
    query = Query()
    moment = Moment.of(query.parameters)
    views = _views(query, sorted(present), roles, moment)
    units = list(_in_order(catalogue))
    usage_from = query.parameters.date("usage_from")
    mapped = frozenset(roles.values())
    gathered = _gathered(query, views, [unit for unit in units if _knowable(unit, views, mapped)])
    row = query.step("account", gathered.mutate(days_of_usage_on_record=moment.days_since(usage_from) + 1))
    for depth, level in enumerate(_levels(units, row.columns)):
        values = {unit.name: _evaluated(unit, row, _knowable(unit, views, mapped)) for unit in level}
        row = query.step(f"level_{depth}", row.mutate(**values))
    columns = {feature.name: _typed(feature, row[feature.name]) for feature in catalogue}
    query.step("features", row.select("account_id", "announced", "mrr_now", as_of=moment.as_of, **columns))
    return query


def _views(query: Query, present: Sequence[str], roles: Mapping[str, str], moment: Moment) -> dict[str, ir.Table]:
    """Tables as features see them: cut, with the account, with what a row needs from its neighbours."""
    views = {name: query.step(f"known_{name}", cut(TABLES[name], stored(TABLES[name]), moment)) for name in present}
    changes = views.get("subscription_changes")
    if changes is not None:
        changes = query.step("account_changes", states.change_log(views["subscriptions"], changes))
        changes = query.step("changes_and_before", states.with_values_before(changes, views["subscriptions"]))
        views["subscription_changes"] = changes
    subscriptions = views["subscriptions"]
    state = query.step("state", states.current(views["subscriptions"], changes, moment, states.PAST))
    state = query.step("state_and_renewal", renewal.with_renewal(state, moment))
    views["subscriptions"] = query.step("subscription_state", states.with_gaps(state))
    if "invoices" in views:
        views["invoices"] = query.step("recent_invoices", invoices.recent(views["invoices"], views.get("payments")))
    if "payments" in views:
        views["payments"] = query.step("recent_payments", payments.recent(views["payments"]))
    if "usage" in views:
        views["usage"] = query.step("usage_by_event", daily_use.by_event(views["usage"], roles))
    if "tickets" in views:
        views["tickets"] = query.step("ordered_tickets", support.with_context(views["tickets"], subscriptions))
    if "feedback" in views:
        views["feedback"] = query.step("ordered_feedback", feedback.with_answers(views["feedback"]))
    if "outreach" in views:
        views["outreach"] = query.step("outreach_with_success", outreach.with_success(views["outreach"]))
    return views


def _in_order(catalogue: Sequence[Feature]) -> Iterator[Measure]:
    """Features and the measures below them, each after everything it needs."""
    done: set[str] = set()

    def visit(unit: Measure, path: tuple[str, ...]) -> Iterator[Measure]:
        if unit.name in path:
            raise FeatureError(f"feature {unit.name} needs itself: {' -> '.join((*path, unit.name))}")
        tables = [name for name in unit.needs if name in TABLES]
        if tables and len(unit.needs) > 1:
            raise FeatureError(
                f"feature {unit.name} mixes table {tables[0]} with other inputs: aggregate the table in a measure "
                f"of its own and use that"
            )
        for name in unit.needs:
            below = BY_NAME.get(name) or MEASURES.get(name) or {f.name: f for f in catalogue}.get(name)
            if below is not None:
                yield from visit(below, (*path, unit.name))
            elif name not in TABLES and name != "days_of_usage_on_record":
                raise FeatureError(f"feature {unit.name} needs {name}, which is no table, feature or measure")
        if unit.name not in done:
            done.add(unit.name)
            yield unit

    for feature in catalogue:
        yield from visit(feature, ())


def _gathered(query: Query, views: Mapping[str, ir.Table], units: Sequence[Measure]) -> ir.Table:
    """One row per paying account with every unit that is an aggregate over one table."""
    of = {table: [unit for unit in units if unit.needs == (table,)] for table in views}

    def summed(table: str, **more: ir.Value) -> ir.Table:
        view = views[table]
        return view.group_by("account_id").agg(
            **more, **{unit.name: _aggregate(unit, table, view) for unit in of[table]}
        )

    # one pass over the subscriptions tells who pays and everything else
    sums = query.step("from_subscriptions", summed("subscriptions", **states.paying_facts(views["subscriptions"])))
    known = [name for name in sums.columns if name != "pays"]
    row = base = query.step("paying_accounts", sums.filter(sums.pays).select(known))
    columns = {name: base[name] for name in base.columns}
    for table in of:
        if table == "subscriptions" or not of[table]:
            continue
        found = query.step(f"from_{table}", summed(table).rename({f"{table}_account_id": "account_id"}))
        row = row.left_join(found, base.account_id == found[f"{table}_account_id"])
        columns |= {unit.name: found[unit.name] for unit in of[table]}
    empty = {unit.name: unit.empty for table in of for unit in of[table] if unit.empty is not None}
    return row.select(**{name: v.coalesce(empty[name]) if name in empty else v for name, v in columns.items()})


def _levels(units: Sequence[Measure], known: Iterable[str]) -> Iterator[list[Measure]]:
    """Units not known yet, in groups that rest only on earlier groups."""
    known, left = set(known), [unit for unit in units if unit.name not in set(known)]
    while left:
        level = [unit for unit in left if all(name in known or name in TABLES for name in unit.needs)]
        yield level
        known |= {unit.name for unit in level}
        left = [unit for unit in left if unit.name not in known]


def _aggregate(unit: Measure, table: str, view: ir.Table) -> ir.Value:
    try:
        return unit.compute(view)
    except (AttributeError, IbisTypeError) as error:
        columns = TABLES[table].columns
        snapshot = next((c.name for c in columns if c.kind == "snapshot" and f"'{c.name}'" in str(error)), None)
        if snapshot is None:
            raise
        raise FeatureError(
            f"feature {unit.name} reads {table}.{snapshot}, a snapshot column: it is overwritten in place, so its "
            f"value on an earlier date is not known. Supply its history as dated rows (for subscriptions: in "
            f"subscription_changes) and read those"
        ) from error


def _knowable(unit: Measure, views: Mapping[str, ir.Table], mapped: frozenset[str]) -> bool:
    """Whether the table it aggregates is there and some event has the role it reads."""
    return all(name in views or name not in TABLES for name in unit.needs) and (not unit.role or unit.role in mapped)


def _evaluated(unit: Measure, row: ir.Table, knowable: bool) -> ir.Value:
    """A unit over one row; missing for every account where nothing can be known of it."""
    return unit.compute(*[row[name] for name in unit.needs]) if knowable else ibis.null().cast("int64")


def _typed(feature: Feature, value: ir.Value) -> ir.Value:
    return value.cast("string") if feature.categorical else value.cast("float64")
