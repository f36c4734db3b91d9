"""The subscriptions: stays, with their beginning and end, and what changes during them.

Belongs here: the tables ``subscriptions`` and ``subscription_changes``. Does not belong here: money that moves
(``billing``).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipelines.sources.company.parameters import CHUNK, CONVERTS, LAPSES, NEVER, NONE, PLANS, PRICE, TRIAL_DAYS, VISITOR
from pipelines.sources.company.scene import Columns, Scene, text

_GROUNDS = (  # what leavers may state, by cause
    ("other", "missing_features", "switched_service"), ("unused", "switched_service", "missing_features"), ("other",),
    ("too_expensive", "too_expensive", "switched_service"), ("customer_service", "customer_service", "low_quality"),
    ("too_complex", "unused", "too_complex"),
)  # fmt: skip


def stated_ground(cause: int, share: float) -> str:
    """What a leaver for this cause states, the grounds of the cause dividing [0, 1) evenly."""
    return _GROUNDS[cause][int(share * len(_GROUNDS[cause]))]


def subscriptions(scene: Scene) -> Columns:
    """One row per stay: a free or paid one, its renewal after a lapse, a return; sorted by account and start."""
    f, rng, clock, traits, everyone = scene.fates, scene.rng, scene.clock, scene.traits, np.arange(CHUNK)
    never = np.full(CHUNK, NEVER)
    lapse = traits.kind == LAPSES
    split = f.lapsed < NEVER
    over = np.where(lapse, traits.started + TRIAL_DAYS, f.ended)
    stays = (  # start, cancellation asked for, announced end, end
        (np.where(traits.kind == VISITOR, NEVER, traits.started), np.where(split, never, f.decided),
         np.where(split, never, f.leaves_on), np.where(split, f.lapsed, over)),
        (f.renewed, f.decided, f.leaves_on, f.ended),
        (f.returned, f.decided_again, f.ended_again, f.ended_again),
    )  # fmt: skip
    who, start, asked, announced, end, number = (
        np.concatenate(parts)
        for parts in zip(*((everyone, *stay, np.full(CHUNK, n)) for n, stay in enumerate(stays)), strict=True)
    )
    order = np.lexsort([start, who])
    order = order[start[order] < scene.company.days]
    who, start, asked, announced, end, number = (x[order] for x in (who, start, asked, announced, end, number))
    known, opening = asked < scene.company.days, scene.opening[who]
    cut = f.involuntary[who] & (end == f.ended[who]) & (number < 2)
    short = (asked == end) | (asked == start)  # asked for on the last day: before the hour of the end
    second = np.where(
        short, np.where(asked == start, opening + 60, opening - 900), rng.integers(12, 18, len(who)) * 3600
    )
    reasons = sorted({reason for group in _GROUNDS for reason in group})
    codes = [np.array([reasons.index(reason) for reason in group]) for group in _GROUNDS]
    cause = np.where(scene.course.since[who] < asked, scene.course.cause[who], NONE)
    given = np.choose(cause, [group[rng.integers(0, len(group), len(who))] for group in codes])
    trial = ((traits.kind[who] == CONVERTS) | lapse[who]) & (number == 0)
    lost = np.where((end < scene.company.days) & ~split[who] | (number > 0), np.where(cut, 1, 0), -1)
    return {
        "who": who, "subscription_id": scene.subscription(who, start), "plan": text(scene.plan(who, start), PLANS),
        "billing_interval": text(np.where(number < 2, np.searchsorted([1, 3, 12], traits.months[who]), 0),
                                 ("month", "quarter", "year")),
        "mrr": scene.mrr(who, start), "quantity": scene.seats(who, start), "started_at": clock.at(start, opening),
        "trial_ends_at": clock.at(np.where(trial, traits.started[who] + TRIAL_DAYS, NEVER), opening, ahead=True),
        "cancel_requested_at": clock.at(asked, second),
        "ends_at": clock.at(np.where(known, announced, NEVER), opening, ahead=True),
        "ended_at": clock.at(end, np.where(cut, 8 * 3600, opening)),
        "end_reason": text(np.where(end < scene.company.days, lost, -1), ("requested", "payment_failed")),
        "feedback": text(np.where(known & (rng.random(len(who)) < 0.7), given, -1), reasons),
        "auto_renew": ~known,
    }  # fmt: skip


def subscription_changes(scene: Scene, dunning: tuple[np.ndarray, ...]) -> Columns:
    """Discounts, price rises, upgrades and downgrades, pauses and the states of ``dunning``, by instant."""
    f, course, everyone, opening = scene.fates, scene.course, np.arange(CHUNK), scene.opening
    rebated = (scene.rebate > 0) & scene.traits.paying
    begins = np.where(rebated, scene.traits.started, NEVER)
    priced = np.where((course.cause == PRICE) & (course.since < f.ended), course.since, NEVER)
    afternoon = scene.rng.integers(14 * 3600, 17 * 3600, CHUNK)
    resume = np.where(f.paused < NEVER, f.resumed, NEVER)
    ends = scene.rebate_ends
    n = len(dunning[0])
    none, blank, never = np.full(CHUNK, -1), np.full(CHUNK, np.nan), np.full(CHUNK, NEVER)
    rows = [  # account, day, second, what changes (1 price, 2 seats), discount, status, until
        (everyone, begins, opening, none, scene.rebate, none, np.where(ends, course.since, NEVER)),
        (everyone, priced, opening, np.where(ends, -1, 1), np.where(ends, 0.0, np.nan), none, never),
        (everyone, scene.resized, afternoon, np.full(CHUNK, 2), blank, none, never),
        (everyone, f.paused, opening + 1, none, blank, np.full(CHUNK, 1), resume),
        (everyone, resume, opening + 2, none, blank, np.full(CHUNK, 0), never),
        (*dunning[:3], np.full(n, -1), np.full(n, np.nan), dunning[3], np.full(n, NEVER)),
    ]
    who, day, second, kind, discount, status, until = (np.concatenate(p) for p in zip(*rows, strict=True))
    order = np.lexsort([second, day, who])
    order = order[day[order] < scene.company.days]
    who, day, second, kind, discount, status, until = (
        x[order] for x in (who, day, second, kind, discount, status, until)
    )
    size, plan = kind == 2, scene.plan(who, day)
    return {
        "who": who, "subscription_id": scene.subscription(who, day), "changed_at": scene.clock.at(day, second),
        "mrr": pa.array(scene.mrr(who, day), mask=kind < 0),
        "plan": text(np.where(size & scene.moved[who], plan, -1), PLANS),
        "quantity": pa.array(scene.seats(who, day), mask=~size),
        "discount_share": pa.array(discount, mask=np.isnan(discount)),
        "status": text(status, ("active", "paused", "past_due")),
        "until": scene.clock.at(until, scene.opening[who], ahead=True),
    }  # fmt: skip
