"""Making the whole company, chunk by chunk.

Belongs here: the order of the work. Does not belong here: the work, which is imported when a company is written.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipelines.sources.company.parameters import CHUNK, Company

if TYPE_CHECKING:
    from pipelines.sources.company.treatment import Treatment


def write_company(
    company: Company,
    folder: Path,
    zone: ZoneInfo,
    progress: Callable[[str], None] | None = None,
    treatment: Treatment | None = None,
) -> None:
    """Write the company into ``folder``: one Parquet file per contract table, ``truth`` and ``truth_risk``.

    Instants are naive UTC and fall into business hours of ``zone``; nothing later than the end of the last day is
    known, except what was announced before. ``truth`` has one row per account: its planted ``cause`` (unexplained if
    it left without one), ``cause_from`` (day the cause began to show), ``left_on`` (day of its first departure) and
    ``kind`` of that departure. ``truth_risk`` holds, for each Sunday and each account with a paid live subscription,
    the true probability ``p_30d`` of leaving within the next 30 days. A file appears only when it is complete.

    ``treatment`` holds contacts that were made because of lists. They are among the rows of ``outreach``, and accounts
    answer them by leaving or staying; nothing before a contact changes.
    """
    from pipelines.sources.company.answers import answered
    from pipelines.sources.company.fates import simulate
    from pipelines.sources.company.tables import tables
    from pipelines.sources.company.writing import Clock, Writer

    folder.mkdir(parents=True, exist_ok=True)
    clock = Clock(company, zone)
    contacts = treatment.chunks(company) if treatment else {}
    with Writer(folder) as writer:
        for chunk in range(-(-company.accounts // CHUNK)):
            if chunk in contacts:
                writer.add(answered(company, clock, chunk, contacts[chunk]))
            else:
                writer.add(tables(company, clock, chunk, simulate(company, chunk)))
            if progress:
                progress(f"{min((chunk + 1) * CHUNK, company.accounts):,} of {company.accounts:,} accounts")
