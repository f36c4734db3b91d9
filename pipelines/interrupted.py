"""Recordings that were cut short: what a training left in MLflow when the server, or the program, died in the middle.

Belongs here: the note of what is being recorded, and undoing it by the next training. Does not belong here: recording
(``tracking``).

While a training is recorded and promoted, a note on disk says which run and version are under way and which version was
champion in the registry before. It goes last, after the champion's file: a note that is still there belongs to a
training that did not come to its end.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipelines.card import CHAMPION
from pipelines.lake import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.tracking import Tracking


def without_password(text: str) -> str:
    """Addresses in a text without user and password."""
    return re.sub(r"//[^/@\s]*@", "//***@", text)


def begin(tracking: Tracking, run_id: str) -> None:
    """Note that this run is being recorded."""
    write_json(tracking.note, {"uri": without_password(tracking.uri), "run_id": run_id})


def registered(tracking: Tracking, version: str) -> None:
    """Note that the run has this version of the model, which may become champion next."""
    before = _alias(tracking)
    write_json(tracking.note, {**read_json(tracking.note), "version": version, "champion": before})


def settle(tracking: Tracking) -> None:
    """The training is recorded, and its champion installed if it has one: there is nothing to undo."""
    tracking.note.unlink(missing_ok=True)


def undo(tracking: Tracking, present: str | None) -> str:
    """Set right what an interrupted training left in the registry; says what in one sentence, "" if nothing.

    ``present`` is the version of the champion on disk, which is what scores. Runs that are still open are marked as
    failed, and the alias ``champion`` goes back to the version that had it, unless the new one was installed.
    """
    if not tracking.note.exists():
        return ""
    left, said = read_json(tracking.note), ""
    if left["uri"] == without_password(tracking.uri):
        with tracking.reaching(), _as_far_as_it_is_there():
            if left.get("version") is None or left["version"] != present:
                said = f"run {left['run_id']} of an earlier training was cut short and is marked as such"
                _take_back(tracking, left)
                _close(tracking, left["run_id"])
    settle(tracking)
    return said


def _take_back(tracking: Tracking, left: dict[str, Any]) -> None:
    client, name, version = tracking.client, tracking.name, left.get("version")
    if version is None:
        return
    if _alias(tracking) == version:
        if left["champion"] is None:
            client.delete_registered_model_alias(name, CHAMPION)
        else:
            client.set_registered_model_alias(name, CHAMPION, left["champion"])
    client.set_model_version_tag(name, version, "promoted", "false")


def _close(tracking: Tracking, run_id: str) -> None:
    client = tracking.client
    run = client.get_run(run_id)
    nested = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'")
    for each in (*nested, run):
        if each.info.status == "RUNNING":
            client.set_terminated(each.info.run_id, "FAILED")
    client.set_tag(run_id, "interrupted", "true")
    client.set_tag(run_id, "promoted", "false")


def _alias(tracking: Tracking) -> str | None:
    """Version that the registry calls champion."""
    found = tracking.client.get_registered_model(tracking.name).aliases.get(CHAMPION)
    return None if found is None else str(found)


@contextmanager
def _as_far_as_it_is_there() -> Iterator[None]:
    """What somebody has deleted since needs no undoing."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
