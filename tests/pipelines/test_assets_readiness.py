"""The report as Dagster shows it: counts, findings and examples as metadata of the asset."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import dagster as dg
import pytest

from pipelines.readiness.report import report

DAY = date(2025, 3, 10)


def test_the_asset_carries_the_report(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = shop.read("accounts.csv")
    rows[0]["label"] = "Mü|ller <b> | [x](y)"
    rows[1]["label"] = "MÃ¼ller | Co"
    shop.write("accounts.csv", rows)
    config = shop.accept()
    monkeypatch.setenv("CHURN_CONFIG", str(config.file))  # read when the module is first imported
    from pipelines.definitions import definitions

    with dg.DagsterInstance.ephemeral() as instance:
        done = (
            definitions(config)
            .resolve_job_def("training")
            .execute_in_process(
                instance=instance, partition_key=str(DAY), asset_selection=[dg.AssetKey("readiness")]
            )
        )  # fmt: skip
    (shown,) = done.asset_materializations_for_node("readiness")
    found = report(config, DAY)
    metadata = {name: value.value for name, value in shown.metadata.items()}
    assert metadata["report"] == json.loads(json.dumps(found.as_dict()))
    assert (metadata["errors"], metadata["warnings"]) == (0, found.count("warning"))
    assert metadata["notes"] == found.count("note")
    assert "Triggers only" in metadata["model"]
    lines = metadata["findings"].splitlines()
    assert len(lines) == 2 + len(found.findings)
    assert any("accounts.encoding" in line for line in lines)
    assert "MÃ¼ller \\| Co" in metadata["examples"], "values cannot break out of their cell"
    assert all(line.replace("\\|", "").count("|") == 6 for line in metadata["examples"].splitlines())
    assert "| tables | tickets | " in metadata["would switch on features"]
    assert len(metadata["tables"].splitlines()) == 2 + len(found.tables)
