"""All tables of one chunk, and the truth about it.

Belongs here: putting the tables together, and the tables that only a simulation has. Does not belong here: the
contract's tables. Every draw is made for the whole chunk, then rows of accounts beyond the company are dropped. The
tables share one generator: their order here is part of the company.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipelines.sources.company.accounts import accounts
from pipelines.sources.company.billing import billing, payment_methods
from pipelines.sources.company.contacts import feedback, outreach, tickets
from pipelines.sources.company.fates import Fates
from pipelines.sources.company.parameters import CAUSES, CHUNK, NEVER, NONE, Company
from pipelines.sources.company.scene import Columns, Scene, text
from pipelines.sources.company.subscriptions import subscription_changes, subscriptions
from pipelines.sources.company.usage import usage
from pipelines.sources.company.writing import SCHEMAS, Clock


def truth_and_risk(scene: Scene) -> tuple[Columns, Columns]:
    """Cause and first departure of each account; its true risk on Sundays (columns: ``write_company``)."""
    f, course, last = scene.fates, scene.course, scene.company.days - 1
    left = f.ended <= last
    began = (course.since <= last) & (course.since < f.ended) & scene.traits.paying
    cause = np.where(began, course.cause, np.where(left, len(CAUSES), NONE))
    asked = f.decided <= f.ended
    truth = {
        "who": np.arange(CHUNK), "cause": text(cause, (*CAUSES, "unexplained")),
        "cause_from": scene.clock.day(np.where(began, course.since, NEVER)), "left_on": scene.clock.day(f.ended),
        "kind": text(np.where(left, np.where(f.involuntary & ~asked, 1, 0), -1), ("voluntary", "involuntary")),
    }  # fmt: skip
    order = np.lexsort([f.risk.day, f.risk.who])
    return truth, {
        "who": f.risk.who[order], "as_of": scene.clock.day(f.risk.day[order]), "p_30d": f.risk.chance[order],
    }  # fmt: skip


def tables(company: Company, clock: Clock, chunk: int, fates: Fates) -> dict[str, pa.Table]:
    """All tables of one chunk, by name; columns and types as in SCHEMAS, columns not simulated are null."""
    scene = Scene(company, clock, chunk, fates)
    invoices, payments, dunning = billing(scene)
    truth, risk = truth_and_risk(scene)
    made = {
        "accounts": accounts(scene), "subscriptions": subscriptions(scene), "invoices": invoices,
        "subscription_changes": subscription_changes(scene, dunning), "payments": payments, "tickets": tickets(scene),
        "payment_methods": payment_methods(scene), "usage": usage(scene), "feedback": feedback(scene),
        "outreach": outreach(scene), "truth": truth, "truth_risk": risk,
    }  # fmt: skip
    return _stored(scene, made)


def true_tables(scene: Scene) -> dict[str, pa.Table]:
    """``truth`` and ``truth_risk`` of one chunk, which take no dice."""
    truth, risk = truth_and_risk(scene)
    return _stored(scene, {"truth": truth, "truth_risk": risk})


def _stored(scene: Scene, made: dict[str, Columns]) -> dict[str, pa.Table]:
    result = {}
    for name, columns in made.items():
        who = columns.pop("who")
        columns["account_id"] = scene.ids.take(pa.array(who))
        arrays = [
            pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(len(who), field.type)
            for field in SCHEMAS[name]
        ]
        result[name] = pa.Table.from_arrays(arrays, schema=SCHEMAS[name]).filter(pa.array(who < scene.count))
    return result
