"""What was charged, whether it was paid, and how.

Belongs here: features over invoices, payments and payment methods. Does not belong here: prices (``price``).
"""

from __future__ import annotations

import pandas as pd

from benchmarks.naive.known import Known, first, joined, last, mean, number, total

_HARD_DECLINES = (
    "account_closed", "bank_account_closed", "card_not_supported", "currency_not_supported", "debit_not_authorized",
    "do_not_try_again", "expired_card", "incorrect_number", "invalid_account", "invalid_number", "lost_card",
    "pickup_card", "restricted_card", "revocation_of_all_authorizations", "revocation_of_authorization", "stolen_card",
    "stop_payment_order", "transaction_not_allowed",
)  # fmt: skip


def add(row: pd.DataFrame, known: Known) -> pd.DataFrame:
    payments = known.rows("payments", "attempted_at")
    payments = payments[payments["days_ago"] < 365]
    row = _invoices(row, payments, known)
    row = _payments(row, payments)
    return _payment_methods(row, known)


def _invoices(row: pd.DataFrame, payments: pd.DataFrame, known: Known) -> pd.DataFrame:
    rows = known.rows(
        "invoices", "issued_at", paid_at="paid_at", paid_on="paid_at", closed_at="closed_at", closed_as="closed_at"
    )
    rows = rows[rows["days_ago"] < 365]
    rows = rows.assign(due=known.days_since(rows["due_on"]), paid=known.days_since(rows["paid_on"]))
    unpaid = rows[rows["paid_at"].isna() & rows["closed_at"].isna() & (rows["amount"] > 0)]
    overdue = unpaid[unpaid["due"] > 0]
    paid = rows[rows["paid_at"].notna() & (rows["days_ago"] < 182)]

    charged = rows[(rows["closed_as"] != "void") & (rows["amount"] > 0)].sort_values(["issued_at", "invoice_id"])
    newest = charged.drop_duplicates("account_id", keep="last")
    earlier = charged.drop(newest.index)
    change = newest.set_index("account_id")["amount"] / mean(earlier, earlier["amount"]) - 1

    failed = payments[~payments["succeeded"].astype(bool)]
    failed = failed[["invoice_id", "days_ago"]].rename(columns={"days_ago": "failed"})
    tried = unpaid.merge(failed, on="invoice_id")
    return joined(
        row,
        counts={
            "open_invoices": number(unpaid),
            "overdue_amount": total(overdue, "amount"),
            "days_overdue": overdue.groupby("account_id")["due"].max(),
            "uncollectible_invoices_365d": number(rows[rows["closed_as"] == "uncollectible"]),
            "credits_365d": number(rows[rows["amount"] < 0]),
            "failed_attempts_open": number(tried[tried["failed"] < 91]),
            "in_retry": number(tried[tried["failed"] < 28]).clip(upper=1),
        },
        values={
            "late_payment_days_182d": mean(paid, (paid["due"] - paid["paid"]).clip(lower=0)),
            "last_invoice_change_365d": change,
        },
    )


def _payments(row: pd.DataFrame, payments: pd.DataFrame) -> pd.DataFrame:
    succeeded = payments["succeeded"].astype(bool)
    failed = payments[~succeeded]
    lately = failed[failed["days_ago"] < 91]
    recent = payments[payments["days_ago"] < 182]
    # of attempts at the same instant the one that succeeded counts
    newest = payments.assign(failing=(~succeeded).astype(float)).sort_values(
        ["attempted_at", "failing"], ascending=[True, False]
    )
    return joined(
        row,
        counts={
            "failed_payments_91d": number(lately),
            "hard_declines_91d": number(lately[lately["failure_code"].isin(_HARD_DECLINES)]),
        },
        values={
            "payment_success_rate_182d": mean(recent, recent["succeeded"].astype(float)),
            "days_since_failed_payment": last(failed),
            "payment_failing": newest.groupby("account_id")["failing"].last(),
        },
    )


def _payment_methods(row: pd.DataFrame, known: Known) -> pd.DataFrame:
    rows = known.rows("payment_methods", "added_at", removed_at="removed_at")
    held = rows[rows["removed_at"].isna()].sort_values(["added_at", "payment_method_id"])
    newest = held.drop_duplicates("account_id", keep="last").set_index("account_id")
    began = first(rows)
    recent = rows[rows["days_ago"] < 182]
    row = joined(
        row,
        counts={
            "payment_method_changes_182d": number(recent) - (began < 182)[number(recent).index],
            "_payment_methods": number(held),
        },
        values={
            "payment_method": newest["kind"],
            "days_since_payment_method_added": last(rows),
            "days_to_card_expiry": -known.days_since(newest["expires_on"]),
        },
    )
    row["no_payment_method"] = (row["_payment_methods"] == 0).astype(float)
    days = row[["days_to_card_expiry", "days_to_renewal"]]
    sooner = (days["days_to_card_expiry"] < days["days_to_renewal"]).astype(float)
    row["card_expires_before_renewal"] = sooner.where(days.notna().all(axis=1))
    return row
