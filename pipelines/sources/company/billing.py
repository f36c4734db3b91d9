"""The money: invoices, the attempts to collect them, and the cards and accounts that pay.

Belongs here: the tables ``invoices``, ``payments`` and ``payment_methods``. Does not belong here: prices and plans
(``subscriptions``).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipelines.sources.company.parameters import CHUNK, FAILING, NEVER, RETRIES
from pipelines.sources.company.scene import Columns, Scene, join, running, text


def billing(scene: Scene) -> tuple[Columns, Columns, tuple[np.ndarray, ...]]:
    """Invoices, the attempts to collect them, and the status these bring (account, day, second, code)."""
    f, rng, clock, course = scene.fates, scene.rng, scene.clock, scene.course
    who, day = np.nonzero(f.billed)
    months = np.where(day >= f.returned[who], 1, scene.traits.months[who])
    discounted = (scene.rebate[who] > 0) & ~(scene.rebate_ends[who] & (day >= course.since[who]))
    amount = np.rint(scene.mrr(who, day) * months * np.where(discounted, 1 - scene.rebate[who], 1)).astype(int)
    identity = join("inv-", scene.ids, who, running(who))
    transfer = scene.pays_by[who] == 2
    planted = (course.cause[who] == FAILING) & (day == course.since[who])
    hiccup = ~transfer & ~planted & (rng.random(len(who)) < 0.05)
    success = np.where(planted, course.recovered[who], np.where(hiccup, rng.choice([1, 1, 1, 2], len(who)), 0))
    wait = np.where(transfer, rng.integers(4, 35, len(who)), 0)
    reason = np.where(planted & scene.expired[who], 0, rng.integers(1, 4, len(who)))
    dawn = scene.opening[who] // 16 + 7 * 3600  # retries run before any billing of the day
    parts, changes = [], []
    for attempt, delay in enumerate(RETRIES):
        at = np.flatnonzero((attempt <= success) & (day + delay + wait < scene.company.days))
        second = (scene.opening[who] + 300 if attempt == 0 else dawn)[at]
        won = np.equal(success[at], attempt)
        when = day[at] + delay + wait[at]
        parts.append((at, when, second, won))
        turned = won if attempt else ~won
        changes.append((who[at][turned], when[turned], second[turned] + 60, np.full(turned.sum(), 0 if attempt else 2)))
    at, when, second, won = (np.concatenate(p) for p in zip(*parts, strict=True))
    order = np.lexsort([when, at])
    at, when, second, won = at[order], when[order], second[order], won[order]
    paid = np.full(len(who), np.datetime64("NaT", "us"))
    paid[at[won]] = clock.at(when[won], second[won])
    cut = planted & (success == len(RETRIES)) & (day + RETRIES[-1] < scene.company.days)
    invoices = {
        "who": who, "invoice_id": identity, "subscription_id": scene.subscription(who, day),
        "issued_at": clock.at(day, scene.opening[who]), "amount": amount, "paid_at": paid,
        "due_at": clock.at(day + np.where(transfer, 30, 0), scene.opening[who] + 300, ahead=True),
        "closed_at": clock.at(np.where(cut, day + RETRIES[-1], NEVER), dawn + 120),
        "closed_as": text(np.where(cut, 0, -1), ("uncollectible",)),
    }  # fmt: skip
    payments = {
        "who": who[at], "payment_id": join("pay-", scene.ids, who[at], running(who[at])),
        "invoice_id": identity.take(pa.array(at)), "attempted_at": clock.at(when, second), "amount": amount[at],
        "succeeded": won, "recorded_at": clock.at(when, second + rng.integers(30, 300, len(at))),
        "failure_code": text(np.where(won, -1, reason[at]),
                             ("expired_card", "insufficient_funds", "card_declined", "do_not_honor")),
    }  # fmt: skip
    return invoices, payments, tuple(np.concatenate(part) for part in zip(*changes, strict=True))


def payment_methods(scene: Scene) -> Columns:
    """The first payment method of each paying account and what replaced it."""
    clock, traits, everyone = scene.clock, scene.traits, np.arange(CHUNK)
    first = np.where(traits.paying, traits.started, NEVER)
    who = np.concatenate([everyone, everyone])
    added = np.concatenate([first, scene.replaced])
    removed = np.concatenate([scene.replaced, np.full(CHUNK, NEVER)])
    expires = np.concatenate([scene.expires, scene.expires + 36 * 30])
    month = (np.datetime64(scene.company.start) + expires).astype("datetime64[M]")
    order = np.lexsort([added, who])
    order = order[added[order] < scene.company.days]
    who, added, removed, month = who[order], added[order], removed[order], month[order]
    card = scene.pays_by[who] == 0
    second = np.where(added == first[who], scene.opening[who] + 60, 7 * 3600 + 60)
    return {
        "who": who, "payment_method_id": join("pm-", scene.ids, who, running(who)),
        "added_at": clock.at(added, second),
        "removed_at": clock.at(removed, 7 * 3600 + 120),
        "kind": text(scene.pays_by[who], ("card", "sepa_debit", "invoice")),
        "expires_on": np.where(card, (month + 1).astype("datetime64[D]") - 1, np.datetime64("NaT", "D")),
    }  # fmt: skip
