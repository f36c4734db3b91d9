"""What triggers were worth: on a panel whose figures are counted by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pipelines.errors import ChurnError
from pipelines.lake import Lake, read_json
from pipelines.triggers import triggers
from pipelines.triggers.quality import measured, newest_panel, require_measured, write_quality

DAY = date(2025, 3, 10)
FIRST = date(2024, 10, 6)


def panel() -> list[dict[str, Any]]:
    """Forty accounts on four dates; the first twelve leave at half past eleven in the evening of Berlin on 20 November
    and had looked at the cancel page a week before; of the others eight did. One announced leaver is no case."""
    rows = []
    for number in range(40):
        for week in range(7):
            as_of = FIRST + timedelta(days=7 * week)
            leaves = number < 12
            if leaves and as_of > date(2024, 11, 20):
                break
            near = leaves and as_of >= date(2024, 10, 27)
            looked = 1.0 if (leaves and week == 6 and number < 9) or (12 <= number < 20 and week == 2) else 0.0
            rows.append(
                {
                    "account_id": f"a{number:02}", "as_of": as_of, "churned": near, "cancel_page_views_7d": looked,
                    "churned_at": datetime(2024, 11, 20, 22, 30) if near else None,
                    "days_since_login": 31.0 if number % 2 else 2.0,
                }
            )  # fmt: skip
    rows.append({"account_id": "z", "as_of": FIRST, "churned": True, "announced": True, "cancel_page_views_7d": 1.0,
                 "churned_at": datetime(2024, 10, 9)})  # fmt: skip
    return rows


def test_figures_are_those_counted_by_hand(shop: Any, write_panel: Any) -> None:
    config = shop.config()
    write_panel(config, date(2025, 3, 8), panel())
    found = measured(config, DAY)
    assert found is not None
    assert (found.panel_of, len(found.dates), found.rows) == (date(2025, 3, 8), 7, 40 * 7)
    assert found.leavers == 12 * 4, "the announced one is left out"
    assert list(found.of) == [trigger.name for trigger in triggers(config)]
    looked = found.of["cancel_page_seen"]
    assert (looked.rows, looked.accounts, looked.leaving_accounts) == (9 + 8, 17, 9)
    assert looked.too_few == "too few: 9 of the 17 accounts where it held left"
    assert (looked.departures, looked.covered, looked.coverage.value) == (12, 9, 0.75)
    silent = found.of["silent_30_days"]
    assert (silent.rows, silent.accounts, silent.leavers, silent.leaving_accounts) == (140, 20, 24, 6)
    assert found.of["low_nps"].too_few == "it never held"


@pytest.mark.parametrize(("zone", "days"), [("Europe/Berlin", 24), ("Europe/Helsinki", 25)])
def test_days_of_departures_are_those_of_the_companys_zone(shop: Any, write_panel: Any, zone: str, days: int) -> None:
    """Half past ten in the evening of UTC is the next day in Helsinki."""
    shop.keys["time_zone"] = zone
    config = shop.config()
    last = {"account_id": "old", "as_of": FIRST - timedelta(days=91), "churned": False}
    rows = [{**row, "days_since_login": 31.0 if row["as_of"] == date(2024, 10, 27) else 2.0} for row in panel()]
    write_panel(config, DAY, [last, *rows])
    found = require_measured(config, DAY).of["silent_30_days"]
    assert (found.led, found.lead_days) == (12, (days, days, days))


def test_the_newest_panel_that_knows_no_more_is_taken(shop: Any, write_panel: Any) -> None:
    config = shop.config()
    assert newest_panel(config, DAY) is None
    assert measured(config, DAY) is None
    with pytest.raises(ChurnError, match="no training panel of 2025-03-10"):
        require_measured(config, DAY)
    for day in (date(2025, 1, 1), date(2025, 3, 9), date(2025, 3, 11)):
        write_panel(config, day, panel())
    assert newest_panel(config, DAY) == date(2025, 3, 9)


def test_a_panel_of_another_catalogue_is_refused(shop: Any, write_panel: Any) -> None:
    import pyarrow.parquet as pq

    config = shop.config()
    write_panel(config, DAY, panel())
    file = Lake(config.path(config.lake)).panel(DAY)
    pq.write_table(pq.read_table(file).drop_columns(["nps_last"]), file)
    with pytest.raises(ChurnError, match="nps_last is missing") as error:
        measured(config, DAY)
    assert "churn train" in error.value.remedy


def test_the_figures_are_kept_with_the_same_bytes(shop: Any, write_panel: Any) -> None:
    config = shop.config()
    write_panel(config, DAY, panel())
    file = write_quality(config, DAY, require_measured(config, DAY))
    assert file == Lake(config.path(config.lake)).root / "trigger_quality" / "as_of=2025-03-10.json"
    content = file.read_bytes()
    assert write_quality(config, DAY, require_measured(config, DAY)).read_bytes() == content
    kept = read_json(file)
    assert kept["triggers"]["cancel_page_seen"]["covered"] == 9
    assert kept["triggers"]["cancel_page_seen"]["lift"] is None
    assert kept["dates"][0] == "2024-10-06"
