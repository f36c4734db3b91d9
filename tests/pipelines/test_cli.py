"""The command: what it prints, its exit codes, and bad input, which never touches what is published."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import champion
from pipelines.errors import ChurnError
from pipelines.lake import Lake
from pipelines.lists import NAMES

AS_OF = ("--as-of", "2025-03-10")
ROOT = Path(__file__).parents[2]


def test_help_names_every_command(churn: Any, shop: Any) -> None:
    done = churn(shop.config(), "--help")
    assert done.code == 0
    for command in (
        "run", "ingest", "validate", "features", "train", "score", "publish", "backfill", "explain", "config", "ui",
        "champion", "ready", "rates", "report", "export", "triggers", "plays", "effect", "record", "prove-no-leakage",
    ):  # fmt: skip
        assert command in done.out


def test_the_stages_one_by_one(churn: Any, open_shop: Any) -> None:
    config = open_shop.config()
    done = churn(config, "ingest", *AS_OF)
    assert (done.code, done.out.splitlines()[:2]) == (
        0, ["accounts: 30 rows from shop", "subscriptions: 30 rows from shop"],
    )  # fmt: skip
    done = churn(config, "validate", *AS_OF)
    assert done.code == 0, done.out
    assert "accounts: published, 30 landed = 30 accepted + 0 quarantined" in done.out
    assert churn(config, "features", *AS_OF).out == "26 accounts\n"
    assert churn(config, "score", *AS_OF).out == "26 accounts\n"
    done = churn(config, "publish", *AS_OF)
    home = f"{open_shop.root}/var/exports"
    assert done.out.splitlines()[0] == f"at_risk: 10 rows in {home}/at_risk/as_of=2025-03-10"
    assert [line.split(":")[0] for line in done.out.splitlines()] == list(NAMES)
    done = churn(config, "publish", "--list", "win_back", *AS_OF)
    assert done.out == f"win_back: 4 rows in {home}/win_back/as_of=2025-03-10\n"
    done = churn(config, "publish", "--list", "luck", *AS_OF)
    assert (done.code, "no list luck" in done.err) == (1, True)
    done = churn(config, "explain", "a05", *AS_OF)
    assert done.code == 0
    assert "a05 as of 2025-03-10: probability of leaving" in done.out
    done = churn(config, "backfill", "--from", "2025-03-08", "--to", "2025-03-09")
    assert [line[:22] for line in done.out.splitlines()] == ["2025-03-08: at_risk 10", "2025-03-09: at_risk 10"]


def test_an_explanation_tells_both_kinds(churn: Any, running_shop: Any, telling: Any) -> None:
    plain = churn(running_shop.config(), "explain", "a05", *AS_OF).out
    assert "voluntarily" not in plain
    champion.install(running_shop.config(), telling)
    running_shop.keys["lists"]["outcome"] = "involuntary"
    config = running_shop.config()
    assert churn(config, "score", *AS_OF).code == 0
    told = " ".join(churn(config, "explain", "a05", *AS_OF).out.split())
    found = re.search(r"leaving ([\d.]+)% \(voluntarily ([\d.]+)%, involuntarily ([\d.]+)%\)", told)
    assert found is not None, told
    whole, voluntary, involuntary = map(float, found.groups())
    assert voluntary + involuntary == pytest.approx(whole, abs=0.15)
    assert "by expected loss, involuntary departures only" in told


def test_only_some_tables(churn: Any, shop: Any) -> None:
    config = shop.config()
    done = churn(config, "ingest", *AS_OF, "--table", "usage", "--table", "accounts")
    assert [line.split(":")[0] for line in done.out.splitlines()] == ["accounts", "usage"]
    done = churn(config, "ingest", *AS_OF, "--table", "tickets")
    assert done.code == 1
    assert "no source gives a table tickets" in done.err


def test_run_prints_where_the_list_is_and_how_good_the_model_is(churn: Any, running_shop: Any) -> None:
    done = churn(running_shop.config(), "run", *AS_OF)
    assert done.code == 0, done.err
    assert "At risk of leaving, as of 2025-03-10" in done.out
    assert f"{running_shop.root}/var/exports/at_risk/as_of=2025-03-10" in done.out
    assert "AUC 0.70 (95 % 0.60 to 0.80)" in done.out
    assert "make ui" in done.out


def test_publishing_without_a_champion_says_which_list_is_withheld(churn: Any, running_shop: Any) -> None:
    config = running_shop.config()
    (config.path(config.state) / "champion.json").unlink()
    done = churn(config, "publish", *AS_OF)
    assert done.code == 0, done.err
    first, *others = done.out.splitlines()
    assert first.startswith("at_risk: withheld, there is no champion for Shop")
    assert [line.split(":")[0] for line in others] == list(NAMES[1:])


def test_config_check(churn: Any, shop: Any) -> None:
    done = churn(shop.config(), "config", "check")
    assert done.code == 0
    assert f"{shop.root}/churn.yaml is valid" in done.out
    assert "usage from shop" in done.out
    assert f"lake: {shop.root}/var/lake" in done.out


def test_markup_in_names_is_shown_as_it_is(churn: Any, running_shop: Any) -> None:
    running_shop.keys["company"] = "[red]Acme[/red] [x"
    rows = running_shop.read("accounts.csv")
    running_shop.write("accounts.csv", [{**row, "label": "[bold]B[/bold]", "manager": "[/]"} for row in rows])
    config = running_shop.config()
    assert churn(config, "backfill", "--from", "2025-03-10", "--to", "2025-03-10").code == 0
    done = churn(config, "explain", "[/]", *AS_OF)
    assert done.code == 1
    assert "account [/] has no features" in done.err


# ------------------------------------------------------------------------------------------------------ bad input

Break = Callable[[Any], None]


def no_column(shop: Any) -> None:
    rows = shop.read("subscriptions.csv")
    shop.write("subscriptions.csv", [{key: row[key] for key in row if key != "price"} for row in rows])


def cut_parquet(shop: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = shop.data / "accounts.parquet"
    pq.write_table(pa.Table.from_pylist(shop.read("accounts.csv")), file)
    file.write_bytes(file.read_bytes()[:-20])
    shop.tables["accounts"]["files"] = file.name


def open_quote(shop: Any) -> None:
    file = shop.data / "accounts.csv"
    file.write_text(file.read_text("utf-8").replace("Customer 7", '"Customer 7', 1), "utf-8")


def wrong_encoding(shop: Any) -> None:
    file = shop.data / "accounts.csv"
    file.write_bytes(file.read_text("utf-8").replace("Customer 7", "Müller").encode("latin-1"))


def empty_table(shop: Any) -> None:
    (shop.data / "subscriptions.csv").write_text("sid,acc,plan,cycle,price,from,to\n")


def duplicate_keys(shop: Any) -> None:
    rows = shop.read("accounts.csv")
    shop.write("accounts.csv", rows + rows[:9])


def future_dates(shop: Any) -> None:
    rows = shop.read("subscriptions.csv")
    shop.write("subscriptions.csv", [{**row, "from": "2999-01-01"} for row in rows[:9]] + rows[9:])


def unstated_format(shop: Any) -> None:
    shop.write("usage.csv", [{**row, "day": row["day"].replace("-", "/")} for row in shop.read("usage.csv")])


def multiplying_join(shop: Any) -> None:
    shop.write("twice.csv", [{"acc": "a05"}, {"acc": "a05"}])
    shop.tables["accounts"] |= {"lookups": {"twice": "twice.csv"}, "join": "LEFT JOIN twice ON twice.acc = source.id"}


def unknown_key(shop: Any) -> None:
    shop.keys["lists"]["capcity"] = 5


def unset_variable(shop: Any) -> None:
    shop.keys["sources"]["shop"]["root"] = "${SHOP_DATA}"


def broken_champion(shop: Any) -> None:
    config = shop.config()
    (config.path(config.state) / "champion.json").write_text('{"version": "1"')


def no_files(shop: Any) -> None:
    (shop.data / "usage.csv").rename(shop.data / "usage.csv.bak")


BROKEN: list[tuple[Break, list[str]]] = [
    (no_column, ["table subscriptions", "subscriptions.csv has no column 'price' for mrr", "columns.mrr"]),
    (cut_parquet, ["table accounts", "accounts.parquet cannot be read", "repair the file"]),
    (open_quote, ["table accounts", "accounts.csv cannot be read", "repair the file"]),
    (wrong_encoding, ["table accounts", "accounts.csv cannot be read", "repair the file"]),
    (empty_table, ["table subscriptions", "no row landed for this day", "churn ingest"]),
    (
        duplicate_keys,
        [
            "table accounts",
            "accounts.csv row 31",
            "account_id 'a00' was already given in accounts.csv row 1",
            "churn ingest",
        ],
    ),
    (future_dates, ["table subscriptions", "subscriptions.csv row 1", "is in the future", "churn ingest"]),
    (
        unstated_format,
        ["table usage", "usage.csv writes day as 2024/", "can be read as %Y/%m/%d", "usage.columns.day.format"],
    ),
    (multiplying_join, ["table accounts", "the join makes 31 rows out of 30", "unique"]),
    (no_files, ["table usage", "no file matches usage.csv", "put the files there"]),
    (unknown_key, ["lists.capcity", "unknown key capcity"]),
    (unset_variable, ["sources.shop.root", "SHOP_DATA", "set SHOP_DATA"]),
    (broken_champion, ["champion.json is damaged", "churn train"]),
]


@pytest.mark.parametrize(("spoil", "says"), BROKEN, ids=[each[0].__name__ for each in BROKEN])
def test_bad_input_is_told_and_touches_nothing_published(
    churn: Any, running_shop: Any, digests: Any, spoil: Break, says: list[str]
) -> None:
    published = running_shop.root / "var" / "exports"
    before = digests(published)
    assert before
    spoil(running_shop)
    try:
        file: Any = running_shop.config()
    except ChurnError:
        file = running_shop.root / "churn.yaml"
    done = churn(file, "backfill", "--from", "2025-03-10", "--to", "2025-03-11")
    assert done.code == 1
    assert "Error:" in done.err
    assert "Remedy:" in done.err
    for words in says:
        assert words in done.err
    assert "Traceback" not in done.err
    assert digests(published) == before


def test_a_withheld_table_is_told_with_row_rule_and_reason(churn: Any, running_shop: Any) -> None:
    duplicate_keys(running_shop)
    config = running_shop.config()
    churn(config, "ingest", *AS_OF, "--table", "accounts")
    done = churn(config, "validate", *AS_OF, "--table", "accounts")
    assert done.code == 1
    assert "accounts: withheld, 39 landed = 30 accepted + 9 quarantined" in done.out
    assert "error accounts.duplicate_key: 9 rows, for example accounts.csv row 31" in done.out
    assert Lake(config.path(config.lake)).quarantine("accounts", date(2025, 3, 10)).exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ingest", "--as-of", "10.3.2025"), "'10.3.2025' is not a day"),
        (("ingest", "--as-of", "2024-12-31"), "2024-12-31 is before history_start 2025-01-01"),
        (("publish", "--as-of", "2025-03-01"), "there are no scores for 2025-03-01"),
        (("score", "--as-of", "2025-03-01"), "is not there for 2025-03-01"),
        (("features", "--as-of", "2025-03-01"), "table accounts is not there for 2025-03-01"),
        (("validate", "--as-of", "2025-03-01"), "table accounts has not been landed for 2025-03-01"),
        (("backfill", "--from", "2025-03-10", "--to", "2025-03-09"), "--from 2025-03-10 is after --to 2025-03-09"),
        (("run", "--as-of", "2024-12-31"), "before history_start"),
    ],
)
def test_bad_arguments(churn: Any, running_shop: Any, arguments: tuple[str, ...], says: str) -> None:
    done = churn(running_shop.config(), *arguments)
    assert done.code == 1
    assert says in done.err
    assert "Remedy:" in done.err


def test_a_day_that_is_not_over(churn: Any, running_shop: Any) -> None:
    config = running_shop.config()
    today = config.yesterday() + timedelta(days=1)
    done = churn(config, "ingest", "--as-of", str(today))
    assert done.code == 1
    assert f"{today} is not over yet in Europe/Berlin" in done.err


def test_training_without_a_reachable_mlflow(churn: Any, demo: Any, tmp_path: Path, digests: Any) -> None:
    company = demo.copied(tmp_path / "demo")
    file = company.root / "churn.yaml"
    file.write_text(
        file.read_text("utf-8") + "tracking: {uri: 'http://127.0.0.1:1', timeout_seconds: 1}\n"
        "training: {most_dates: 3}\n", "utf-8",
    )  # fmt: skip
    before = {part: digests(company.root / "var" / part) for part in ("exports",)}
    champion_before = champion.require(company.config).version
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
    done = churn(file, "train")
    assert done.code == 1
    assert "MLflow at http://127.0.0.1:1 cannot be used" in done.err
    assert "tracking.uri" in done.err
    assert {part: digests(company.root / "var" / part) for part in ("exports",)} == before
    assert champion.require(company.config).version == champion_before


@pytest.mark.process
def test_the_exit_code_of_a_process(running_shop: Any) -> None:
    unknown_key(running_shop)
    with pytest.raises(Exception, match="capcity"):
        running_shop.config()
    ran = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "-c", str(running_shop.root / "churn.yaml"), "run"],
        check=False, capture_output=True, text=True, timeout=120, cwd=running_shop.root,
    )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert "capcity" in ran.stderr
    assert "Traceback" not in ran.stderr
    ran = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "no-such-command"], check=False, capture_output=True, timeout=120
    )
    assert ran.returncode == 2
