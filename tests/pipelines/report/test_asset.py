"""The report in Dagster: where it is and what is on it, as metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.assets.report import assets


def test_the_asset_tells_where_the_page_is_and_what_is_on_it(fresh_listed_shop: Any) -> None:
    made = assets(fresh_listed_shop.config, ["at_risk", "save"])
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(made, partition_key="2025-03-10", instance=instance)
    (event,) = done.asset_materializations_for_node("report")
    told = {name: value.value for name, value in event.metadata.items()}
    page = Path(told["page"])
    assert page.name == "report.html"
    assert told["bytes"] == page.stat().st_size
    assert (told["accounts"], told["lists"], told["charts"]) == (121, "at_risk 120, save 2, triggers 0", 11)
    assert {key.to_user_string() for key in made[0].dependency_keys} == {"at_risk", "save"}
