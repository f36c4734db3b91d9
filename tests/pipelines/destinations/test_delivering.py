"""All destinations get their lists, whatever becomes of one; receipts, the command, the night."""

from __future__ import annotations

import json
import shutil
from datetime import date
from typing import Any

import pytest

from pipelines.destinations.delivering import deliver, deliver_all, deliveries, require_delivered
from pipelines.errors import ChurnError, NotDelivered

DAY = date(2025, 3, 10)
AS_OF = ("--as-of", str(DAY))
LISTS = ["at_risk", "save", "rewards"]


@pytest.fixture
def three(place: Any, make_row: Any) -> Any:
    """Two lists and three destinations, of which the second cannot be written to."""
    place.publish(make_row(1), make_row(2))
    place.publish(make_row(1), name="save")
    (place.shop.root / "file").write_text("in the way")
    place.destinations.update(
        one={"kind": "folder", "path": "one"},
        two={"kind": "folder", "path": "file/two"},
        three={"kind": "folder", "path": "three", "lists": ["save"], "format": "json_lines"},
    )
    return place


def test_one_that_fails_keeps_nobody_from_theirs(three: Any) -> None:
    said: list[str] = []
    receipts = deliver_all(three.config(), DAY, LISTS, say=said.append)
    assert [(each.destination, each.list, each.status) for each in receipts] == [
        ("one", "at_risk", "delivered"), ("one", "save", "delivered"), ("two", "at_risk", "failed"),
        ("two", "save", "failed"), ("three", "save", "delivered"),
    ]  # fmt: skip
    assert said[0] == f"one: at_risk of 2025-03-10 to {three.shop.root}/one/at_risk: delivered, 2 rows"
    assert "Not a directory" in said[2]
    with pytest.raises(
        NotDelivered, match="destination two did not get at_risk of 2025-03-10: Not a directory"
    ) as error:
        require_delivered(receipts)
    assert error.value.remedy.endswith("then run: churn export two --as-of 2025-03-10")
    assert "did not get save" in error.value.message
    (three.shop.root / "file").unlink()
    again = deliver_all(three.config(), DAY, LISTS)
    assert [each.status for each in again] == ["unchanged", "unchanged", "delivered", "delivered", "unchanged"]
    require_delivered(again)


def test_a_receipt_tells_what_happened_and_nothing_changes_but_the_time(three: Any) -> None:
    deliver_all(three.config(), DAY, LISTS)
    good, bad = three.receipt("one"), three.receipt("two")
    assert set(good) == {
        "destination", "kind", "list", "as_of", "where", "status", "digest", "rows", "attempts", "settings",
        "delivered_at", "message", "remedy", "temporary",
    }  # fmt: skip
    assert (good["status"], good["rows"], good["attempts"], good["message"]) == ("delivered", 2, 1, None)
    assert (bad["status"], bad["rows"], bad["delivered_at"], bad["temporary"]) == ("failed", 2, None, False)
    assert good["digest"] == bad["digest"]
    shutil.rmtree(three.shop.root / "var/state/receipts")
    shutil.rmtree(three.shop.root / "one")
    deliver_all(three.config(), DAY, LISTS)
    assert {**three.receipt("one"), "delivered_at": ""} == {**good, "delivered_at": ""}
    deliver(three.config(), "two", "at_risk", DAY)
    assert three.receipt("two") == {**bad, "attempts": 2}


def test_lists_that_are_not_published(three: Any) -> None:
    """Who wants all gets what is there; who names one is told that it is not."""
    three.destinations["three"]["lists"] = ["save", "rewards"]
    config = three.config()
    assert deliveries(config, DAY, LISTS, ["one", "three"]) == [
        ("one", "at_risk"), ("one", "save"), ("three", "save"), ("three", "rewards"),
    ]  # fmt: skip
    assert deliveries(config, DAY, LISTS, ["one"], ["save"]) == [("one", "save")]
    assert deliveries(config, DAY, LISTS, ["one"], ["rewards"]) == [("one", "rewards")]
    receipt = deliver(config, "three", "rewards", DAY)
    assert (receipt.status, receipt.digest, receipt.rows) == ("failed", "", 0)
    assert receipt.message == "list rewards of 2025-03-10 is not published"
    with pytest.raises(ChurnError, match="there is no destination four") as error:
        deliveries(config, DAY, LISTS, ["four"])
    assert "one, two, three" in error.value.remedy


def test_names_of_destinations_are_names(place: Any) -> None:
    for name in ("../up", "Two", "", "a/b", "1st"):
        place.shop.keys["destinations"] = {name: {"kind": "folder", "path": "x"}}
        with pytest.raises(ChurnError, match=r"destinations.*should match pattern"):
            place.config()


def test_no_destination_writes_where_lists_are_published(place: Any) -> None:
    place.destinations.update(one={"kind": "folder", "path": "var/exports"})
    with pytest.raises(ChurnError, match="destination one takes the folder of exports"):
        place.config()
    place.shop.keys["destinations"] = {name: {"kind": "folder", "path": "./out"} for name in ("one", "two")}
    with pytest.raises(ChurnError, match="destination two takes the folder of destination one"):
        place.config()


# ------------------------------------------------------------------------------------------------------ the command


def test_the_command(three: Any, churn: Any) -> None:
    config = three.config()
    done = churn(config, "export", "--dry-run", *AS_OF)
    assert done.code == 0
    assert done.out.splitlines() == [
        f"one: at_risk of 2025-03-10 to {three.shop.root}/one/at_risk",
        f"one: save of 2025-03-10 to {three.shop.root}/one/save",
        f"two: at_risk of 2025-03-10 to {three.shop.root}/file/two/at_risk",
        f"two: save of 2025-03-10 to {three.shop.root}/file/two/save",
        f"three: save of 2025-03-10 to {three.shop.root}/three/save",
    ]
    assert not (three.shop.root / "one").exists()
    done = churn(config, "export", *AS_OF)
    assert done.code == 1
    assert "destination two did not get at_risk" in done.err
    assert len(done.out.splitlines()) == 5
    assert (three.shop.root / "three/save/latest/save.jsonl").exists()
    done = churn(config, "export", "one", "three", "--list", "save", *AS_OF)
    assert done.code == 0, done.err
    assert [line.rpartition(": ")[2] for line in done.out.splitlines()] == ["unchanged, 1 rows"] * 2


def test_what_the_command_does_not_know(three: Any, churn: Any) -> None:
    config = three.config()
    assert "there is no destination four" in churn(config, "export", "four", *AS_OF).err
    assert "no list ../x" in churn(config, "export", "--list", "../x", *AS_OF).err
    early = churn(config, "export", "one", "--as-of", "2025-03-09")
    assert early.code == 1
    assert "no list of 2025-03-09 is published" in early.err
    assert "run: churn run --as-of 2025-03-09" in early.err
    assert (
        "there is nothing to deliver for 2025-03-10"
        in churn(config, "export", "three", "--list", "win_back", *AS_OF).err
    )
    assert "save to three (folder)" in churn(config, "config", "check").out


def test_without_destinations_the_command_says_where_to_name_them(shop: Any, churn: Any) -> None:
    ran = churn(shop.config(), "export", *AS_OF)
    assert ran.code == 1
    assert "there are no destinations" in ran.err
    assert "churn.yaml" in ran.err


# ------------------------------------------------------------------------------------------------------ the night


@pytest.fixture
def delivering_shop(running_shop: Any) -> Any:
    """A shop that publishes, with a destination that works and before it one that does not."""
    (running_shop.root / "file").write_text("in the way")
    running_shop.keys["destinations"] = {
        "bad": {"kind": "folder", "path": "file/x", "lists": ["at_risk"]},
        "good": {"kind": "folder", "path": "good", "bom": True},
    }
    return running_shop


def test_a_night_delivers_what_it_published(delivering_shop: Any) -> None:
    from pipelines import exports, nightly

    config = delivering_shop.config()
    with pytest.raises(NotDelivered, match="destination bad did not get at_risk of 2025-03-10"):
        nightly.run_stages(config, DAY)
    published = exports.published(config, "at_risk", DAY)
    assert published is not None
    got = json.loads((delivering_shop.root / f"good/at_risk/as_of={DAY}/manifest.json").read_text("utf-8"))
    assert got["rows"] == published.manifest["rows"]
    (delivering_shop.root / "file").unlink()
    assert "at_risk" in nightly.run_stages(config, DAY)


def test_backfills_go_on_after_a_day_that_was_not_delivered(delivering_shop: Any, churn: Any) -> None:
    done = churn(delivering_shop.config(), "backfill", "--from", "2025-03-09", "--to", str(DAY))
    assert done.code == 1
    assert done.out.splitlines() == [f"2025-03-{day}: published, not delivered everywhere" for day in ("09", "10")]
    assert "of 2025-03-09" in done.err
    assert "of 2025-03-10" in done.err
    for day in ("2025-03-09", "2025-03-10"):
        assert (delivering_shop.root / f"good/at_risk/as_of={day}/at_risk.csv").exists()


def test_run_delivers_tells_and_fails_at_the_end(delivering_shop: Any, churn: Any) -> None:
    done = churn(delivering_shop.config(), "run", *AS_OF)
    assert done.code == 1
    assert "At risk of leaving, as of 2025-03-10" in done.out, "what is published is shown all the same"
    assert "destination bad did not get at_risk of 2025-03-10: Not a directory" in done.err
    assert "churn export bad --as-of 2025-03-10" in done.err
    assert (delivering_shop.root / f"good/at_risk/as_of={DAY}/at_risk.csv").exists()
    (delivering_shop.root / "file").unlink()
    assert churn(delivering_shop.config(), "export", "bad", *AS_OF).code == 0
