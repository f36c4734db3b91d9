"""Keys of the lists: how long, for whom, in which order, who is left out.

Belongs here: what can be configured of lists. Does not belong here: plays, triggers and destinations, which have keys
of their own.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipelines.config.mapping import Keys

ListName = Literal["at_risk", "payment_recovery", "save", "onboarding", "win_back", "rewards", "triggers"]


class OneListKeys(Keys):
    """What one list does otherwise than ``lists`` says."""

    enabled: bool = Field(True, description="false: the list is not made")
    capacity: int | None = Field(None, ge=0, description="in place of lists.capacity")
    per_owner: int | None = Field(None, ge=1, description="in place of lists.per_owner")
    automated_capacity: int | None = Field(None, ge=0, description="in place of lists.automated_capacity")
    holdout_share: float | None = Field(None, ge=0, le=0.5, description="in place of lists.holdout_share")


class ListKeys(Keys):
    """The lists that people and machines act on."""

    capacity: int = Field(50, ge=0, description="accounts on a list for people: what the team can contact")
    per_owner: int | None = Field(None, ge=1, description="most of them for one owner")
    automated_capacity: int = Field(
        500, ge=0, description="accounts on a list beyond these that get an automated message"
    )
    outcome: Literal["churn", "voluntary", "involuntary"] = Field(
        "churn",
        description="which departures the at-risk list is for, by its probability and its order: all, those that "
        "customers choose, or those for payments that fail",
    )
    rank_by: Literal["expected_value", "expected_loss", "probability", "mrr"] = Field(
        "expected_value",
        description="expected_value: what a contact is expected to bring, less what it costs; expected_loss: "
        "probability times recurring revenue",
    )
    value_months: float = Field(
        12.0, gt=0, description="months of recurring revenue that an account is worth if it is kept"
    )
    holdout_share: float = Field(
        0.1,
        ge=0,
        le=0.5,
        description="share of the accounts of each list but win_back that is left out at random and never exported, so "
        "that the effect of the contacts can be told; 0: none",
    )
    holdout_seed: int = Field(7, description="seed of that draw; another one draws anew, which begins a new comparison")
    cool_down_days: int = Field(
        14, ge=0, description="who was contacted within so many days is left in peace, by the table outreach; 0: nobody"
    )
    once_per_account: bool = Field(
        True,
        description="an account is on one list a day, [the most urgent](lists.md#one-list-a-day) of those on which it "
        "belongs; false: on each of them",
    )
    card_within_days: int = Field(
        45,
        ge=0,
        description="a card that expires, or none, brings an account onto payment_recovery if the charge is due "
        "within so many days",
    )
    do_not_save: list[str] = Field(default_factory=list, description="accounts that nobody should try to keep")
    least_lift: float = Field(
        2.0, ge=0, description="only accounts whose probability is at least so many times the day's average are at risk"
    )
    healthy_below: float = Field(
        0.5,
        ge=0,
        description="accounts whose probability is below so many times the day's average need no contact by the lists "
        "onboarding and triggers; 0: all are contacted",
    )
    new_within_days: int = Field(90, ge=1, description="the list onboarding is for accounts not older than this")
    loyal_from_days: int = Field(365, ge=1, description="the list rewards is for accounts at least so old")
    lost_within_days: int = Field(90, ge=1, description="the list win_back is for accounts that left so lately")
    reasons: int = Field(3, ge=1, le=5, description="most reasons per account")
    only: dict[ListName, OneListKeys] = Field(
        default_factory=dict, description="list -> what it does otherwise than these keys say"
    )

    def of(self, name: str) -> OneListKeys:
        """The keys of one list, with those of all lists where it has none."""
        own = self.only.get(name, OneListKeys())  # type: ignore[call-overload]
        shared = {
            "capacity": self.capacity,
            "per_owner": self.per_owner,
            "automated_capacity": self.automated_capacity,
            # who has left cannot leave: nothing would be learned from those held out
            "holdout_share": 0.0 if name == "win_back" else self.holdout_share,
        }
        return own.model_copy(update={key: value for key, value in shared.items() if getattr(own, key) is None})
