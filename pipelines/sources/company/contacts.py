"""Talk between the company and its customers: tickets, feedback, outreach.

Belongs here: the tables ``tickets``, ``feedback`` and ``outreach``. Does not belong here: use of the product.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipelines.sources.company.parameters import CHUNK, NEVER, SUPPORT
from pipelines.sources.company.scene import Columns, Scene, join, running, text


def tickets(scene: Scene) -> Columns:
    """Ordinary tickets, and those of bad support: slow, often reopened, poorly rated."""
    rng, clock, course = scene.rng, scene.clock, scene.course
    months = scene.company.days / 30
    who, day, _ = scene.scatter(months * (0.08 + 0.05 * np.log(scene.traits.seats)))
    begun = np.repeat(np.flatnonzero((course.cause == SUPPORT) & (course.since < NEVER)), 6)
    begun = begun[rng.random(len(begun)) < 0.75]
    trouble = course.since[begun] + rng.integers(0, 40, len(begun))
    who, day, second = scene.settle(np.concatenate([who, begun]), np.concatenate([day, trouble]))
    n, age = len(who), day - course.since[who]
    bad = (course.cause[who] == SUPPORT) & (age >= 0) & (age < 45)
    reply = day + np.where(bad, rng.integers(1, 6, n), rng.random(n) < 0.2)
    replied = np.where(reply == day, second + rng.integers(600, 9000, n), rng.integers(9 * 3600, 15 * 3600, n))
    solve = reply + np.where(bad, rng.integers(4, 25, n), rng.geometric(0.5, n) - 1)
    solve = np.where(rng.random(n) < np.where(bad, 0.4, 0.03), NEVER, solve)
    solved = np.where(solve == reply, replied + rng.integers(600, 9000, n), rng.integers(9 * 3600, 18 * 3600, n))
    rated = rng.normal(np.where(bad, 1.6, 4.3), 0.8, n).round().clip(1, 5)
    silent = (rng.random(n) > 0.45) | (solve >= scene.company.days)
    worst = rng.choice(4, n, p=[0.1, 0.3, 0.4, 0.2])
    return {
        "who": who, "ticket_id": join("tic-", scene.ids, who, running(who)), "opened_at": clock.at(day, second),
        "first_reply_at": clock.at(reply, replied), "resolved_at": clock.at(solve, solved),
        "reopened": rng.random(n) < np.where(bad, 0.45, 0.04),
        "channel": text(rng.integers(0, 3, n), ("chat", "email", "phone")),
        "severity": text(np.where(bad, worst, rng.choice(4, n, p=[0.35, 0.5, 0.12, 0.03])),
                         ("low", "normal", "high", "urgent")),
        "satisfaction": pa.array(rated, mask=silent), "recorded_at": clock.at(day, second + rng.integers(60, 1800, n)),
    }  # fmt: skip


def feedback(scene: Scene) -> Columns:
    """Survey answers; a cause that is under way lowers the score."""
    rng, course = scene.rng, scene.course
    who, day, _ = scene.scatter(scene.company.days / 30 * 0.11)
    begun = np.flatnonzero((course.cause == SUPPORT) & (course.since < NEVER) & (rng.random(CHUNK) < 0.5))
    complaint = course.since[begun] + rng.integers(7, 50, len(begun))
    who, day, second = scene.settle(np.concatenate([who, begun]), np.concatenate([day, complaint]))
    n, age, kind = len(who), day - course.since[who], rng.choice(3, len(who), p=[0.7, 0.2, 0.1])
    mood = np.array([0, 1.5, 0.3, 2.0, 4.0, 2.5])[course.cause[who]] * ((age >= 0) & (age < course.length[who]))
    nps = rng.normal(8.1 - mood, 1.5, n).round().clip(0, 10)
    answer = np.where(rng.random(n) < 0.6, day + rng.integers(1, 10, n), NEVER)
    return {
        "who": who, "given_at": scene.clock.at(day, second), "kind": text(kind, ("nps", "csat", "survey")),
        "score": pa.array(np.where(kind == 0, nps, (1 + nps * 0.4).round()), mask=kind == 2),
        "topic": text(rng.integers(0, 5, n), ("features", "price", "reliability", "support", "usability")),
        "answered_at": scene.clock.at(answer, second),
    }  # fmt: skip


def outreach(scene: Scene) -> Columns:
    """Ordinary contacts by customer success, more of them for larger plans; blind to causes."""
    rng = scene.rng
    who, day, second = scene.scatter(
        scene.company.days / 30 * np.array([0.03, 0.07, 0.15, 0.3, 0.0])[scene.traits.plan]
    )
    return {
        "who": who, "contacted_at": scene.clock.at(day, second),
        "play": text(rng.choice(3, len(who), p=[0.7, 0.2, 0.1]), ("check_in", "training", "business_review")),
        "outcome": text(rng.integers(0, 3, len(who)), ("reached", "no_answer", "meeting_booked")),
    }  # fmt: skip
