"""Which files belong to the home, what they are called there, and where they are on this machine.

Belongs here: the areas and their paths. Does not belong here: contents, what was there before (``working_copy``).

A path begins with its area: ``lake``; ``days``, the published days of lists and of the report, which are switched as a
whole (``day_folders``); ``exports``, all else beside them; ``state``, what nights build on of the state folder. Hidden
files, which are locks and what is being written, belong to no area. MLflow's store does not belong to it either.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

from pipelines.config import Config
from pipelines.errors import ChurnError

_STATE_FILES = ("champion.json", "last_training.json", "recording.json")
_STATE_FOLDERS = ("receipts", "dead_letters", "stripe")
_AREAS = ("days", "exports", "lake", "state")

_MAY_GO = ("lake/", "state/dead_letters/", "state/recording.json")
"""Where a file that is gone was removed on purpose; all else is only ever replaced, and missed if it is not there."""


def scan(config: Config) -> dict[str, Path]:
    """The files of this machine that belong to the home, by their paths there, in order. ChurnError for a name that
    cannot be one there."""
    _require_apart(config)
    found = {
        **_below(config.path(config.lake), "lake"), **_exported(config.path(config.exports)),
        **_stated(config.path(config.state)),
    }  # fmt: skip
    for path, file in found.items():
        wrong = flaw(path)
        if wrong:
            raise ChurnError(
                f"the file {str(file)!r} cannot be pushed: {wrong}", "rename it, or take it away from there"
            )
    return dict(sorted(found.items()))


def place(config: Config, path: str) -> Path:
    """Where a path is on this machine; of a published day, where readers find it."""
    area, _, rest = path.partition("/")
    if area == "days":
        name, day, file = rest.split("/")
        return config.path(config.exports) / name / f"as_of={day}" / file
    return config.path({"lake": config.lake, "exports": config.exports, "state": config.state}[area]) / rest


def flaw(path: str) -> str:
    """What keeps a text from being a path of the home, "" if nothing does."""
    parts = path.split("/")
    try:
        path.encode()
    except UnicodeEncodeError:
        return "it is not Unicode"
    if parts[0] not in _AREAS or len(parts) < 2:
        return f"it is in none of {', '.join(_AREAS)}"
    if any(not part or part.startswith(".") for part in parts):
        return "a part of it is empty or begins with a dot"
    if any(ord(letter) < 32 or letter == "\\" for letter in path):
        return "it has a backslash or a control character"
    if parts[0] == "days" and not (len(parts) == 4 and _is_day(parts[2])):
        return "it is no file of a day"
    if parts[0] == "state" and not (path.removeprefix("state/") in _STATE_FILES or parts[1] in _STATE_FOLDERS):
        return "nothing of that name in the state folder belongs to it"
    return ""


def may_go(path: str) -> bool:
    """Whether a file that is gone from this machine is to go from the home too."""
    return path.startswith(_MAY_GO)


def _require_apart(config: Config) -> None:
    folders = {"lake": config.lake, "exports": config.exports, "state": config.state}
    for name, folder in folders.items():
        for other, outer in folders.items():
            if name != other and config.path(folder).is_relative_to(config.path(outer)):
                raise ChurnError(
                    f"the folder of {name} is that of {other}, or in it: a file there would belong to both",
                    f"with storage.remote, set {name} and {other} to folders beside each other",
                )


def whole(path: str) -> str:
    """What is only ever replaced as a whole: of a published day its folder, else the file itself."""
    return path.rpartition("/")[0] if path.startswith("days/") else path


def _below(folder: Path, area: str) -> dict[str, Path]:
    """All files below a folder that are not hidden."""
    found = {}
    for at, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith("."):
                file = Path(at) / name
                found["/".join((area, *file.relative_to(folder).parts))] = file
    return found


def _exported(folder: Path) -> dict[str, Path]:
    found = {}
    for home in sorted(folder.glob("[!.]*")):
        if not home.is_dir():
            found[f"exports/{home.name}"] = home
            continue
        for each in home.glob("[!.]*"):
            if each.is_symlink():
                found.update(_of_day(home.name, each))
            elif each.is_dir():
                found.update(_below(each, f"exports/{home.name}/{each.name}"))
            else:
                found[f"exports/{home.name}/{each.name}"] = each
    return found


def _of_day(name: str, link: Path) -> dict[str, Path]:
    """The files of a published day; none for the link to the latest."""
    day = link.name.removeprefix("as_of=")
    # once: a switch may come between two files
    folder = link.resolve()
    return {f"days/{name}/{day}/{file.name}": file for file in folder.glob("[!.]*")} if _is_day(day) else {}


def _stated(folder: Path) -> dict[str, Path]:
    found = {f"state/{name}": folder / name for name in _STATE_FILES if (folder / name).is_file()}
    for name in _STATE_FOLDERS:
        found.update(_below(folder / name, f"state/{name}"))
    return found


def _is_day(text: str) -> bool:
    try:
        return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False
