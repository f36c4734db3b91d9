"""The pages ``triggers.md`` and ``plays.md``: what is said of all, and the shipped catalogues.

Belongs here: how triggers and plays look on a page. Does not belong here: the catalogues (``pipelines.triggers``,
``pipelines.plays``).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from page_parts import NOTE, table

from pipelines.lists import NAMES
from pipelines.plays import Play, answering, choose, plays
from pipelines.plays.catalogue import CHANCE_TO_SAVE, CONTACT_COST
from pipelines.plays.messages import MOST, PLACEHOLDERS
from pipelines.triggers import Trigger, triggers
from pipelines.triggers.alarm import LEVEL, MONTHS_BEFORE

# the catalogues as they are shipped
SHIPPED: Any = SimpleNamespace(triggers={}, plays={}, currency="EUR")


def triggers_page() -> str:
    """What a trigger is, how conditions are written, what is measured, and every trigger of the catalogue."""
    from models.trigger_quality import LEAST, LOOK_BACK_DAYS

    available = plays(SHIPPED)
    rows = [_trigger(each, available) for each in triggers(SHIPPED)]
    return f"""{NOTE}
# Triggers

A trigger is a rule that needs no model: if its conditions hold for an account at the end of a day, somebody should say
a word now. The [list](lists.md) `triggers` tells each of them once and then keeps quiet about it for its cool-down.
Accounts that have announced to leave are not told of: they are on the list `save`. A trigger on something that your
data do not have, an event role that no event is mapped to or a table that is missing, does not fire.

`churn triggers` prints them with what they were worth on your own history and for how many accounts each holds today.

{table(["name", "what", "fires when", "reason told by", "quiet for", "plays"], rows)}

The first one of the catalogue that holds is the one that an account is told of. Whom a more urgent list of the day
has is not on the list `triggers`, see [One list a day](lists.md#one-list-a-day).

Of unexpected charges only those on invoices are seen: a metered bill or an overage counts with its invoice, so
`invoice_jump` tells of it, but only within a month of a renewal, which leaves out a monthly bill beside a yearly
contract. There is no trigger for refunds and disputes, as the [contract](contract.md) has no rows for them: of a
refund only a credit note is known, an invoice with a negative amount ([credits_365d](features.md#credits_365d),
with which a trigger of your own can be made), and of a dispute only that it ended a subscription.

## Conditions

Under `when` stands what must hold of which [feature](features.md), and all of it must:

| written | of | holds if the value is |
|---|---|---|
| `">= 30"`, also `>`, `<=`, `<`, `=`, `!=` | numbers; money in major units, 50 % is 0.5 | at least 30 |
| `">= 1, <= 7"` | numbers | from 1 to 7 |
| `yes`, `no` | what is yes or no | so |
| `in month, year` | categories | one of these |
| `known`, `unknown` | anything | there, missing |

A value that is missing satisfies nothing but `unknown`.

## To change, add or switch off

```yaml
triggers:
  silent_30_days:                 # the catalogue's, after 20 days already
    title: No sign-in for 20 days
    when: {{days_since_login: ">= 20"}}
  low_nps: null                   # not ours
  trial_colleagues_gone:          # one of our own: it goes before those of the catalogue
    title: Half of the people no longer come
    when: {{users_change_28d: "<= -0.5", mrr: ">= 200"}}
    tells: users_change_28d       # the feature whose sentence is the reason
    cool_down_days: 28
```

[Configuration](configuration.md#triggersname) has every key, [Extending](extending.md#a-trigger) an example that runs.

## What they were worth

Every training measures the triggers on its panel, the accounts of many earlier days with what became of them; announced
leavers are left out, as in the figures of models. `churn triggers` and the asset `trigger_quality` tell of each:

- **rate** of leavers among the rows where it held, beside the rate that all accounts have on the same dates; **lift**,
  the one over the other, with a 95 % interval that takes the rows of an account as one story (linearisation, Binder
  1983);
- **finds**: of all departures, at how many it held at the latest date before them;
- **days before**: from the first date in the last {LOOK_BACK_DAYS} days on which it held to the departure, median and
  quartiles, of departures whose {LOOK_BACK_DAYS} days before are all on record. The panel has a date every
  `training.every_days` days, so this is as coarse.

With fewer than {LEAST} leavers there is no figure, and the count in its place. A trigger that is *near the departure
itself* finds leavers who have all but decided: its lift is no merit, and it leaves little time. A lift is no proof that
acting on it helps; that is what the holdout of the lists is for.

## The alarm of the company

With them goes a test of the whole: did more customers leave in the last month that is final than the {MONTHS_BEFORE}
months before it let expect? It is Fisher's exact test, one-sided, of the departures of the month among its customers
against those of these months together, for the company and for its plans and billing intervals (Holm's correction for
their number). It is raised below p = {LEVEL:g}. Seasons are not allowed for: a month that is bad every year raises it
too. The asset check `churn_alarm` warns when it does.
"""


def _trigger(each: Trigger, available: tuple[Play, ...]) -> list[str]:
    marks = ["good news"] * each.positive + ["near the departure itself"] * each.near_label
    return [
        f"`{each.name}`",
        each.title + "".join(f"; *{mark}*" for mark in marks),
        ", ".join(f"`{condition}`" for condition in each.when),
        f"[{each.tells}](features.md#{each.tells})",
        f"{each.cool_down_days} days",
        ", ".join(f"[{play.name}](plays.md#{play.name})" for play in answering(available, each.name)),
    ]


def plays_page() -> str:
    """What a play is, how one is chosen, what it is assumed to cost and bring, and every play of the catalogue."""
    available = plays(SHIPPED)
    general = [[f"`{name}`", *(_general(available, name, attention) for attention in ("human", "automated"))]
               for name in NAMES]  # fmt: skip
    overview = [
        [f"[{each.name}](#{each.name})", each.title, each.who, f"{each.channel}, {each.attention}",
         ", ".join(f"`{name}`" for name in each.lists)]
        for each in available
    ]  # fmt: skip
    placeholders = table(["placeholder", "what takes its place"], [[f"`{{{k}}}`", v] for k, v in PLACEHOLDERS.items()])
    sections = "\n".join(_play(each) for each in available)
    cost, cheap = (f"{CONTACT_COST[attention]:g}" for attention in ("human", "automated"))
    kept, fewer = (f"{CHANCE_TO_SAVE[attention]:.0%}".replace("%", " %") for attention in ("human", "automated"))
    return f"""{NOTE}
# Plays

A play says what to do about an account on a [list](lists.md): who does it, by which means, in which steps, with which
words, and what it costs. Each row of a list names one in its column `play`. `churn plays` prints those that are on.

## How one is chosen

Of the plays for the list and the attention that the account gets (`human`, `automated`), in the order of the catalogue:

1. On the list `triggers`, the first that answers the trigger.
2. Else the first that answers the weightiest reason that any play answers, by the reason's feature or its theme.
3. Else the list's general play.

Passed over are plays whose conditions (`when`, [written as those of triggers](triggers.md#conditions)) do not hold for
the account, and those that take longer than the days to its next renewal (`lead_days`).

{table(["list", "general play for people", "for a machine"], general)}

## What they cost and bring

Until the effect of outreach is measured on your own holdout, these are assumptions. A contact by a person costs {cost},
a message {cheap} (major units of your currency), and an offer gives away 5 % of what the account is worth. Of those who
would leave a person keeps {kept} on average. These are the terms of Janssens, Bogaert, Bagué & Van den Poel (2022,
Annals of Operations Research) for business customers, where a share of Beta(6, 14) accepts, 0.3 on average; Verbraken,
Verbeke & Baesens (2013, IEEE Transactions on Knowledge and Data Engineering 25(5)) have the same share for consumers,
with contact 1 and incentive 10. That a message costs {cheap} and keeps half as many, {fewer}, is our own assumption.

## To change, add or switch off

```yaml
plays:
  check_in: {{contact_cost: 40, chance_to_save: 0.25}}   # what we know better
  win_back_offer: null                                 # we do not discount
  board_seat:                                          # one of our own: it goes before those of the catalogue
    title: Invite to the customer board
    who: product
    channel: call
    attention: human
    lists: [rewards]
    features: [community_posts_91d, referrals_91d]
    when: {{mrr: ">= 500"}}
    steps: [Ask the product team for the next date., Call and invite.]
    subject: A seat on our customer board
    body: |
      Hello {{name}},
      we would like to have you on our customer board. It meets four times a year.
      {{owner}}
```

[Configuration](configuration.md#playsname) has every key, [Extending](extending.md#a-play) an example that runs.

## Messages

Texts are to help and never to press. A line with a placeholder that has no value for an account is left out; a
subject has only `{{name}}` and `{{company}}`. Values are plain text on one line of at most {MOST} characters, and
nothing in them is ever replaced or run.

{placeholders}

## The catalogue

{table(["play", "what", "who", "how", "lists"], overview)}

{sections}"""


def _general(available: tuple[Play, ...], name: str, attention: str) -> str:
    play = choose(available, name, attention, [], None, {})
    return f"[{play.name}](#{play.name})" if play else "none"


def _play(each: Play) -> str:
    answers = [
        *(f"trigger `{name}`" for name in each.triggers),
        *(f"[{name}](features.md#{name})" for name in each.features),
        *(f"theme *{name}*" for name in each.themes),
    ]
    facts = [
        f"- **who**: {each.who}, by {each.channel.replace('_', '-')}, {each.attention}",
        f"- **lists**: {', '.join(f'`{name}`' for name in each.lists)}",
        f"- **answers**: {', '.join(answers) or 'anything'}",
        *([f"- **for accounts with**: {', '.join(f'`{each}`' for each in each.when)}"] if each.when else []),
        *([f"- **takes**: {each.lead_days} days before a renewal"] if each.lead_days else []),
        *(
            [f"- **gives away**: {100 * each.incentive_share:g} % of the account's value"]
            if each.incentive_share
            else []
        ),
    ]
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(each.steps, 1))
    message = "\n".join(f"> {line}  " for line in [f"**{each.subject}**", *each.body.splitlines()])
    return "\n".join([f"### {each.name}\n", f"{each.title}.\n", *facts, "", steps, "", message, ""])
