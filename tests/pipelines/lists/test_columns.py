"""The contract with those who read lists: a change of a column is a new version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipelines import exports
from pipelines.lists import AT_RISK
from pipelines.lists.columns import COLUMNS, MOST_REASONS, VERSION, json_schema

GOLDEN = Path(__file__).parent / "golden"
PUBLIC = Path(__file__).parents[3] / "docs" / "contracts"


def test_the_columns_of_a_version_do_not_change() -> None:
    """Other tools read these: whoever changes them raises VERSION and adds a golden file for it."""
    file = GOLDEN / f"list.v{VERSION}.schema.json"
    assert json.loads(file.read_text("utf-8")) == json_schema()
    assert sorted(each.name for each in GOLDEN.glob("list.*"))[-1] == file.name
    assert f"Version {VERSION}" in json_schema()["description"]


def test_the_files_of_a_version_do_not_change(demo: Any) -> None:
    """The columns of CSV and Parquet in their order, and the keys of the files beside them."""
    done = exports.published(demo.config, AT_RISK, demo.day)
    assert done is not None
    suppressed = json.loads((done.folder / "suppressed.json").read_text("utf-8"))
    changes = json.loads((done.folder / "changes.json").read_text("utf-8"))
    found = {
        "columns": [[column.name, column.kind, column.empty] for column in COLUMNS],
        "manifest": sorted(done.manifest),
        "suppressed": sorted(suppressed[0]),
        "changes": sorted(changes),  # the keys of their rows: test_changes
        "entered": sorted(changes["entered"][0]),
    }
    assert found == json.loads((GOLDEN / f"files.v{VERSION}.json").read_text("utf-8"))


def test_the_published_schema_is_current() -> None:
    assert json.loads((PUBLIC / "list.schema.json").read_text("utf-8")) == json_schema()


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    objects = json_schema()["items"]["properties"]
    told = {f"reason_{n + 1}" for n in range(MOST_REASONS)} | {"themes"}
    assert [name for name in objects if name != "reasons"] == [e.name for e in COLUMNS if e.name not in told]
    for column in COLUMNS:
        assert column.meaning
        if column.name in objects:
            jsonschema.validate(column.example, objects[column.name])


def test_what_is_published_keeps_to_it(demo: Any) -> None:
    from pipelines.lists import enabled

    names = [column.name for column in COLUMNS]
    for name in enabled(demo.config):
        done = exports.published(demo.config, name, demo.day)
        assert done is not None
        rows = done.rows()
        assert rows, name
        jsonschema.validate(rows, json_schema(), format_checker=jsonschema.FormatChecker())
        header = (done.folder / f"{name}.csv").read_text("utf-8").splitlines()[0]
        assert header.split(",") == names


@pytest.mark.parametrize("change", [{"rank": "1"}, {"extra": 1}, {"probability": "high"}])
def test_what_breaks_it_is_seen(demo: Any, change: dict[str, Any]) -> None:
    done = exports.published(demo.config, "at_risk", demo.day)
    assert done is not None
    row = {**done.rows()[0], **change}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([row], json_schema())
