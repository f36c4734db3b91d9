"""What the configuration accepts and how it refuses."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from pydantic import ValidationError

from pipelines import config as configuration
from pipelines.config import ColumnMapping, DemoSource, demo_end
from pipelines.errors import ChurnError

ROOT = Path(__file__).parents[2]
DEMO = {
    "company": "Acme",
    "time_zone": "Europe/Berlin",
    "history_start": "2025-01-01",
    "sources": {"demo": {"kind": "demo"}},
}
FILES = {
    "kind": "files",
    "root": "data",
    "tables": {
        "accounts": {"files": "a.csv", "columns": {"account_id": "id", "created_at": "at"}},
        "subscriptions": {
            "files": "s.csv",
            "columns": {
                "subscription_id": "id",
                "account_id": "a",
                "plan": "p",
                "billing_interval": {"constant": "month"},
                "mrr": "m",
                "started_at": "s",
            },
        },
    },
}


def load(folder: Path, **keys: Any) -> configuration.Config:
    path = folder / "churn.yaml"
    path.write_text(yaml.safe_dump({**DEMO, **keys}), "utf-8")
    return configuration.load(path)


def changed(*path: str, to: Any) -> dict[str, Any]:
    """The files source with one value changed or, with ``to`` None, taken away."""
    source = yaml.safe_load(yaml.safe_dump(FILES))
    inner = source
    for step in path[:-1]:
        inner = inner[step]
    if to is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return {"files": source}


def test_shipped_configurations_are_valid() -> None:
    assert configuration.load(ROOT / "churn.yaml").company == "Demo company"
    for example in sorted((ROOT / "examples").glob("*/churn.yaml")):
        assert configuration.load(example).sources, example


def test_defaults_are_those_of_the_blueprint(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert (config.outcome.lead_days, config.outcome.window_days, config.outcome.grace_days) == (0, 30, 7)
    assert config.path(config.lake) == tmp_path / "var/lake"
    assert config.schedules.nightly == "0 2 * * *"
    assert (config.training.tuning_trials, config.training.tuning_seconds) == (0, 600)


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"capcity": 3}, "capcity"),
        ({"lists": {"capcity": 3}}, "capcity"),
        ({"sources": {"demo": {"kind": "demo", "acounts": 9}}}, "acounts"),
        ({"sources": changed("tables", "accounts", "delimeter", to=";")}, "delimeter"),
        ({"sources": changed("tables", "accounts", "columns", "created_at", to={"column": "at", "fmt": "%d"})}, "fmt"),
    ],
)
def test_an_unknown_key_is_refused_by_its_place(tmp_path: Path, keys: dict[str, Any], key: str) -> None:
    with pytest.raises(ChurnError) as error:
        load(tmp_path, **keys)
    assert str(tmp_path / "churn.yaml") in error.value.message
    assert key in error.value.message
    assert f"unknown key {key}" in error.value.remedy


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"time_zone": "Berlin"}, "'Berlin' is no IANA time zone"),
        ({"currency": "Euro"}, "currency"),
        ({"company": ""}, "company"),
        ({"history_start": "soon"}, "history_start"),
        ({"outcome": {"window_days": 0}}, "outcome.window_days"),
        ({"lists": {"rank_by": "luck"}}, "lists.rank_by"),
        ({"training": {"tuning_trials": -1}}, "training.tuning_trials"),
        ({"training": {"tuning_seconds": 0}}, "training.tuning_seconds"),
        ({"event_roles": {"signed_in": "sign_in"}}, "event_roles.signed_in"),
        ({"engine": {"memory_limit": "lots"}}, "engine.memory_limit"),
        ({"sources": {}}, "sources"),
        ({"sources": {"one": {"kind": "ftp"}}}, "sources.one"),
        ({"sources": changed("tables", "acounts", to={"files": "x", "columns": {}})}, "no contract table is called"),
        ({"sources": changed("tables", "accounts", "columns", "colour", to="c")}, "accounts has no column colour"),
        ({"sources": changed("tables", "accounts", "columns", "created_at", to=None)}, "needs the column created_at"),
        ({"sources": changed("tables", "subscriptions", to=None)}, "no source gives the required table subscriptions"),
        (
            {"sources": changed("tables", "usage", to={"files": "u", "columns": {"account_id": "a", "event": "e"}})},
            "usage needs the column day or occurred_at",
        ),
        ({"sources": {"demo": {"kind": "demo"}, "files": FILES}}, "table accounts comes from two sources"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ChurnError) as error:
        load(tmp_path, **keys)
    assert says in error.value.message
    assert error.value.remedy


@pytest.mark.parametrize("origin", [{}, {"column": "a", "sql": "b"}, {"constant": 1, "column": "a"}])
def test_a_column_has_exactly_one_origin(origin: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one of column, constant and sql"):
        ColumnMapping(**origin)


@pytest.mark.parametrize("value", ["", 0, False])
def test_a_constant_may_be_empty_zero_or_false(value: Any) -> None:
    assert ColumnMapping(constant=value).constant == value


def test_environment_references_are_replaced_wherever_text_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHO", "Umlaut GmbH & Söhne: {x}")
    monkeypatch.setenv("ROWS", "12")
    keys = {"company": "${WHO}!", "lists": {"capacity": "${ROWS}"}, "tracking": {"uri": "http://${HOST:-here}:5000"}}
    config = load(tmp_path, **keys)
    assert config.company == "Umlaut GmbH & Söhne: {x}!"
    assert config.lists.capacity == 12
    assert config.tracking.uri == "http://here:5000"


def test_a_missing_environment_variable_is_named_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(ChurnError) as error:
        load(tmp_path, tracking={"uri": "https://me:${MLFLOW_SECRET}@host"})
    assert "key tracking.uri refers to the environment variable MLFLOW_SECRET" in error.value.message
    assert "set MLFLOW_SECRET" in error.value.remedy


@pytest.mark.parametrize(
    ("text", "says"),
    [("company: [", "is not YAML"), ("", "holds no keys"), ("- a\n- b\n", "holds no keys"), (None, "cannot be read")],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "odd.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ChurnError, match=says) as error:
        configuration.load(path)
    assert str(path) in error.value.message


def test_which_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("given", "environment", "here", "home"):
        (tmp_path / name).mkdir()
        load(tmp_path / name, company=name)
    monkeypatch.chdir(tmp_path / "here")
    assert configuration.load().company == "here"
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    assert configuration.load().company == "here"
    monkeypatch.setenv("CHURN_CONFIG", str(tmp_path / "environment" / "churn.yaml"))
    assert configuration.load().company == "environment"
    assert configuration.load(tmp_path / "given" / "churn.yaml").company == "given"
    monkeypatch.delenv("CHURN_CONFIG")
    monkeypatch.chdir(tmp_path)
    assert configuration.load().company == "home"


def test_relative_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(tmp_path, lake="../lake", exports="/srv/lists")
    monkeypatch.chdir("/")
    assert config.path(config.lake) == tmp_path.parent / "lake"
    assert config.path(config.exports) == Path("/srv/lists")


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2025, 1, 1), 18, date(2026, 6, 30)),
        (date(2024, 2, 1), 12, date(2025, 1, 31)),
        (date(2024, 2, 1), 25, date(2026, 2, 28)),
    ],
)
def test_the_demo_company_ends_with_its_last_month(start: date, months: int, end: date) -> None:
    assert demo_end(DemoSource(kind="demo", start=start, months=months)) == end


def test_last_day_is_never_one_that_is_not_over(tmp_path: Path) -> None:
    tomorrow = datetime.now(ZoneInfo("Europe/Berlin")).date().replace(day=1)
    config = load(tmp_path, sources={"demo": {"kind": "demo", "start": str(tomorrow), "months": 6}})
    assert config.last_day() == config.yesterday()
    assert load(tmp_path).last_day() == min(date(2026, 6, 30), config.yesterday())


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_yesterday_is_that_of_the_company(tmp_path: Path, zone: str) -> None:
    config = load(tmp_path, time_zone=zone)
    assert config.yesterday() == datetime.now(ZoneInfo(zone)).date() - timedelta(days=1)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"sources": changed("tables", "accounts", "time_zone", to="Europe/Berln")}, "no IANA time zone"),
        ({"sources": changed("tables", "accounts", "files", to="/etc/passwd")}, "below the source's root"),
        ({"sources": changed("tables", "accounts", "files", to="../a.csv")}, "below the source's root"),
        ({"schedules": {"nightly": "at two"}}, "no cron expression"),
    ],
)
def test_what_would_fail_later_is_refused_at_once(tmp_path: Path, keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ChurnError, match=says):
        load(tmp_path, **keys)


NORWAY = """
company: Acme
history_start: 2025-01-01
sources:
  files:
    kind: files
    root: data
    tables:
      accounts:
        files: a.csv
        columns:
          account_id: no
          created_at: {column: on}
          country: {constant: NO}
          name: {column: land, values: {NO: Norway, off: OFF, True: yes}}
          contact_ok: {constant: TRUE}
      subscriptions:
        files: s.csv
        columns: {subscription_id: id, account_id: a, plan: {constant: Off}, billing_interval: {constant: month},
                  mrr: m, started_at: s}
"""


def test_words_for_yes_and_no_are_text(tmp_path: Path) -> None:
    path = tmp_path / "churn.yaml"
    path.write_text(NORWAY.replace("True: yes", "Y: yes"), "utf-8")
    source = configuration.load(path).sources["files"]
    assert isinstance(source, configuration.FileSource)
    columns = source.tables["accounts"].mapped
    assert (columns["account_id"].column, columns["created_at"].column) == ("no", "on")
    assert columns["country"].constant == "NO"
    assert columns["name"].values == {"NO": "Norway", "off": "OFF", "Y": "yes"}
    assert columns["contact_ok"].constant is True
    assert source.tables["subscriptions"].mapped["plan"].constant == "Off"


def test_a_key_that_is_no_text_is_named_as_the_file_has_it(tmp_path: Path) -> None:
    path = tmp_path / "churn.yaml"
    path.write_text(NORWAY, "utf-8")
    with pytest.raises(
        ChurnError, match=r": sources\.files\.tables\.accounts\.columns\.name\.values\.true \(the key it"
    ):
        configuration.load(path)


@pytest.mark.parametrize(
    ("word", "means"), [("yes", True), ("On", True), ("true", True), ("no", False), ("OFF", False), ("False", False)]
)
def test_a_key_that_is_yes_or_no_takes_every_word_for_it(tmp_path: Path, word: str, means: bool) -> None:
    path = tmp_path / "churn.yaml"
    path.write_text(f"{yaml.safe_dump(DEMO)}triggers: {{card_expiring: {{enabled: {word}}}}}\n", "utf-8")
    trigger = configuration.load(path).triggers["card_expiring"]
    assert trigger is not None
    assert trigger.enabled is means


TABLES_OF_FILES = "sources.files.tables"


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (
            {"sources": changed("tables", "accounts", "files", to=None)},
            f"{TABLES_OF_FILES}.accounts.files: Field required",
        ),
        ({"sources": changed("root", to=5)}, "sources.files.root: "),
        # a key called as the kind is stands at the same place as pydantic's name of the kind
        ({"sources": changed("files", to=5)}, "sources.files.files: Extra inputs are not permitted"),
        (
            {"sources": changed("tables", "accounts", "columns", "name", to={"column": "a", "sql": "b"})},
            f"{TABLES_OF_FILES}.accounts.columns.name: Value error, give exactly one of column, constant and sql, or ",
        ),
        (
            {"sources": changed("tables", "accounts", "columns", "name", to=5)},
            f"{TABLES_OF_FILES}.accounts.columns.name: Input should be keys and values, or Input should be a valid str",
        ),
        (
            {"sources": changed("tables", "accounts", "columns", "name", to={"column": "a", "format": [1]})},
            f"{TABLES_OF_FILES}.accounts.columns.name.format.0: Input should be a valid string",
        ),
        ({"destinations": {"crm": {"kind": "folder"}}}, "destinations.crm.path: Field required"),
        ({"destinations": {"C R M": {"kind": "folder", "path": "x"}}}, "destinations.C R M (the key itself): "),
        ({"engine": {"spark": {"spark.x": [1]}}}, "engine.spark.spark.x: Input should be a valid string, or "),
        ({"event_roles": {3: "login"}}, "event_roles.3 (the key itself): Input should be a valid string"),
    ],
)
def test_an_error_names_the_place_in_the_file(tmp_path: Path, keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ChurnError) as error:
        load(tmp_path, **keys)
    assert error.value.message.startswith(f"the configuration {tmp_path / 'churn.yaml'} is not valid: {says}")
    assert "function-after" not in error.value.message


def test_of_the_kinds_that_a_value_may_be_only_the_one_meant_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ChurnError) as error:
        load(tmp_path, sources=changed("tables", "accounts", "columns", "created_at", to={"column": "at", "fmt": "%d"}))
    assert error.value.message.endswith(
        f" is not valid: {TABLES_OF_FILES}.accounts.columns.created_at.fmt: Extra inputs are not permitted"
    )


def test_a_training_key_of_one_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChurnError, match=r"not valid: backtest_folds: Input should be greater"):
        configuration.with_training(load(tmp_path), backtest_folds=-1)


def test_a_password_in_plain_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ChurnError, match=r"tracking\.uri holds a password in plain text") as error:
        load(tmp_path, tracking={"uri": "https://me:secret@mlflow.example"})
    assert "secret" not in str(error.value)
    monkeypatch.setenv("MLFLOW_PASSWORD", "secret")
    config = load(tmp_path, tracking={"uri": "https://me:${MLFLOW_PASSWORD}@mlflow.example"})
    assert config.tracking.uri == "https://me:secret@mlflow.example"
