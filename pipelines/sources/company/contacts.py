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
    later = scene.dice("ratings of tickets")
    rating = np.where(solve < NEVER, solve + later.integers(1, 4, n), NEVER)
    silent = (rng.random(n) > 0.45) | (rating >= scene.company.days)
    worst = rng.choice(4, n, p=[0.1, 0.3, 0.4, 0.2])
    reopened = rng.random(n) < np.where(bad, 0.45, 0.04)
    again = scene.dice("tickets opened again")
    reopening = np.where(reopened & (solve < NEVER), solve + again.integers(1, 10, n), NEVER)
    return {
        "who": who, "ticket_id": join("tic-", scene.ids, who, running(who)), "opened_at": clock.at(day, second),
        "first_reply_at": clock.at(reply, replied), "resolved_at": clock.at(solve, solved),
        "reopened": reopened, "reopened_at": clock.at(reopening, again.integers(8 * 3600, 18 * 3600, n)),
        "channel": text(rng.integers(0, 3, n), ("chat", "email", "phone")),
        "severity": text(np.where(bad, worst, rng.choice(4, n, p=[0.35, 0.5, 0.12, 0.03])),
                         ("low", "normal", "high", "urgent")),
        "rated_at": clock.at(np.where(silent, NEVER, rating), later.integers(8 * 3600, 18 * 3600, n)),
        "satisfaction": pa.array(rated, mask=silent), "recorded_at": clock.at(day, second + rng.integers(60, 1800, n)),
    }  # fmt: skip


def feedback(scene: Scene) -> Columns:
    """Survey answers, and the requests for them and others; a cause that is under way lowers the score."""
    rng, course = scene.rng, scene.course
    who, day, _ = scene.scatter(scene.company.days / 30 * 0.11)
    begun = np.flatnonzero((course.cause == SUPPORT) & (course.since < NEVER) & (rng.random(CHUNK) < 0.5))
    complaint = course.since[begun] + rng.integers(7, 50, len(begun))
    who, day, second = scene.settle(np.concatenate([who, begun]), np.concatenate([day, complaint]))
    n, age, kind = len(who), day - course.since[who], rng.choice(3, len(who), p=[0.7, 0.2, 0.1])
    mood = np.array([0, 1.5, 0.3, 2.0, 4.0, 2.5])[course.cause[who]] * ((age >= 0) & (age < course.length[who]))
    nps = rng.normal(8.1 - mood, 1.5, n).round().clip(0, 10)
    answer = np.where(rng.random(n) < 0.6, day + rng.integers(1, 10, n), NEVER)
    answers: Columns = {
        "who": who, "given_at": scene.clock.at(day, second), "kind": text(kind, ("nps", "csat", "survey")),
        "score": pa.array(np.where(kind == 0, nps, (1 + nps * 0.4).round()), mask=kind == 2),
        "topic": text(rng.integers(0, 5, n), ("features", "price", "reliability", "support", "usability")),
        "answered_at": scene.clock.at(answer, second),
    }  # fmt: skip
    return _with_requests(scene, answers, day, second)


def _with_requests(scene: Scene, answers: Columns, day: np.ndarray, second: np.ndarray) -> Columns:
    """The answers with rows for the surveys sent: to most of them one before, and others that nobody answered."""
    rng, who = scene.dice("survey requests"), np.asarray(answers["who"])
    led = rng.random(len(who)) < 0.8
    ignored = np.repeat(np.arange(CHUNK), rng.poisson(scene.company.days / 30 * 0.08, CHUNK))
    asked_who = np.concatenate([who[led], ignored])
    asked_day = np.concatenate(
        [day[led] - rng.integers(1, 6, led.sum()), rng.integers(0, scene.company.days, len(ignored))]
    )
    keep = scene.within(asked_who, asked_day)
    codes = np.unique(asked_who[keep] * NEVER + asked_day[keep])
    asked_who, asked_day, asked_second = codes // NEVER, codes % NEVER, rng.integers(8 * 3600, 16 * 3600, len(codes))
    order = np.lexsort([
        np.concatenate([second, asked_second]), np.concatenate([day, asked_day]), np.concatenate([who, asked_who])
    ])  # fmt: skip
    asked: Columns = {
        "who": asked_who, "given_at": scene.clock.at(asked_day, asked_second),
        "kind": pa.repeat("request", len(asked_who)),
    }  # fmt: skip

    def both(name: str) -> pa.Array:
        first = pa.array(answers[name])
        return pa.concat_arrays([first, pa.array(asked.get(name, pa.nulls(len(asked_who), first.type)))]).take(order)

    return {**{name: both(name) for name in answers}, "who": np.concatenate([who, asked_who])[order]}


def outreach(scene: Scene) -> Columns:
    """Ordinary contacts by customer success, more of them for larger plans; blind to causes."""
    rng = scene.rng
    who, day, second = scene.scatter(
        scene.company.days / 30 * np.array([0.03, 0.07, 0.15, 0.3, 0.0])[scene.traits.plan]
    )
    minutes = scene.dice("outcomes of contacts").integers(1, 90, len(who))
    return {
        "who": who, "contacted_at": scene.clock.at(day, second),
        "outcome_at": scene.clock.at(day, second + 60 * minutes),
        "play": text(rng.choice(3, len(who), p=[0.7, 0.2, 0.1]), ("check_in", "training", "business_review")),
        "outcome": text(rng.integers(0, 3, len(who)), ("reached", "no_answer", "meeting_booked")),
    }  # fmt: skip
