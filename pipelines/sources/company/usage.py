"""The use of the product: which events an account's visits leave behind, day by day.

Belongs here: the table ``usage``. Does not belong here: how often an account visits (``causes``).
"""

from __future__ import annotations

import numpy as np

from pipelines.sources.company.parameters import CHUNK, DECLINE, EVENT_ROLES, PRICE, STALLED, SUPPORT
from pipelines.sources.company.scene import Columns, Scene, text

EVENTS = sorted(EVENT_ROLES)


def _scattered(
    rng: np.random.Generator, n: int, rate: float, share: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Cells out of ``n`` and how often each comes up: ``rate`` times on average where its ``share`` is 1."""
    drawn = rng.integers(0, n, rng.poisson(rate * n)) if n else np.zeros(0, int)
    return np.unique(drawn[rng.random(len(drawn)) < np.broadcast_to(share, n)[drawn]], return_counts=True)


def usage(scene: Scene) -> Columns:
    """Daily sums per event, sorted by account, day and event. Only days with at least one visit have rows."""
    f, rng, course, traits = scene.fates, scene.rng, scene.course, scene.traits
    active = rng.random(f.active.shape, dtype=np.float32) < -np.expm1(-f.visits) * f.active
    reach, habit = rng.beta(2, 5, CHUNK), rng.gamma(3, 0.25, CHUNK)
    who, day = np.nonzero(active)
    n, cause, age = len(who), course.cause[who], day - course.since[who]
    seats, lived, worry = scene.seats(who, day), day - traits.started[who], 30 * f.pressure[who, day]
    under = (age >= 0) & (age < course.length[who])
    weary = np.where(under, course.dip[who], 0.0)
    users = np.minimum(1 + rng.poisson((seats - 1) * reach[who] * np.sqrt(f.visits[who, day]).clip(0, 1)), seats)
    notice = (day >= f.decided[who]) & (day < f.ended[who])  # between the cancellation and the end
    stalled = (cause == STALLED) & (age < course.length[who])
    troubled = under & ((cause == SUPPORT) | (cause == DECLINE))
    rates = {
        "cancel_page_viewed": 0.002 + 0.25 * worry * (cause != SUPPORT) + 0.1 * notice,
        "data_exported": 0.04 + 0.5 * worry * (cause == DECLINE) + 0.3 * notice,
        "downgrade_page_viewed": 0.004 + 0.4 * worry * (cause == PRICE),
        "error_shown": 0.05 + 0.2 * troubled,
        "forum_post": 0.06 * habit[who],
        "help_article_viewed": 0.06 + 0.3 * (lived < 30) + 0.25 * (under & (cause == SUPPORT)),
        "project_setup_step": 0.005 + 1.4 * np.exp(-np.clip(lived, 0, 400) / 14) * np.where(stalled, 0.15, 1),
        "release_note_opened": np.full(n, 0.05),
        "report_created": users * habit[who] * (1 - 0.6 * weary) * np.where(stalled, 0.1, 1),
        "signed_in": f.visits[who, day] + 0.3,
        "teammate_invited": 0.02 + 0.15 * np.exp(-np.clip(lived, 0, 400) / 20) * ~stalled,
    }
    rare = {
        "beta_joined": (0.001, 1.0),
        "customer_referred": (0.004, np.where(under, 0.2, 1.0)),
        "goal_reached": (0.02, 1 - 0.6 * weary),
        "integration_removed": (0.004, np.where(under & (cause == DECLINE), 1.0, 0.25)),
        "search_without_result": (0.06, np.where(troubled, 1.0, 0.4)),
        "setup_step_skipped": (0.2, np.exp(-np.clip(lived, 0, 400) / 14) * np.where(stalled, 1.0, 0.2)),
        "training_attended": (0.05, np.where(lived < 60, 1.0, 0.1)),
        "view_customized": (0.02, 1 - 0.6 * weary),
    }
    rows, quantities, cells = [], [], np.arange(n)
    for event, name in enumerate(EVENTS):
        if name in rare:
            seen, quantity = _scattered(scene.dice(name), n, *rare[name])
        else:
            quantity = rng.poisson(rates[name]) + (users if name == "signed_in" else 0)
            seen = cells[quantity > 0]
            quantity = quantity[seen]
        rows.append(seen * len(EVENTS) + event)
        quantities.append(quantity)
    code, quantity = np.concatenate(rows), np.concatenate(quantities)
    order = np.argsort(code, kind="stable")
    code, quantity = code[order], quantity[order]
    cell = code // len(EVENTS)
    return {
        "who": who[cell], "day": scene.clock.day(day[cell]), "event": text(code % len(EVENTS), EVENTS),
        "quantity": quantity.astype(float), "users": np.minimum(users[cell], quantity),
    }  # fmt: skip
