"""A shipped catalogue and what a company says otherwise: order, replacement of whole keys, switches."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from pipelines.catalogue_files import changed, shipped
from pipelines.errors import ChurnError


class Word(BaseModel):
    enabled: bool | None = None
    text: str | None = None
    marks: dict[str, int] | None = None


def of(folder: Path) -> dict[str, Word]:
    file = folder / "words.yaml"
    file.write_text("one: {text: a, marks: {x: 1, y: 2}}\ntwo: {text: b}\nthree: {text: c}\n", "utf-8")
    return shipped(file, Word)


def test_own_entries_go_first_and_keys_are_replaced_as_a_whole(tmp_path: Path) -> None:
    changes = {"one": Word(marks={"z": 3}), "mine": Word(text="m"), "two": None, "three": Word(enabled=False)}
    found = changed(of(tmp_path), changes, ("text",), "words")
    assert list(found.items()) == [("mine", {"text": "m"}), ("one", {"text": "a", "marks": {"z": 3}})]


def test_without_changes_it_is_the_catalogue(tmp_path: Path) -> None:
    found = changed(of(tmp_path), {}, ("text",), "words")
    assert [each["text"] for each in found.values()] == ["a", "b", "c"]


def test_what_is_switched_off_can_be_switched_on_again(tmp_path: Path) -> None:
    found = changed({"one": Word(enabled=False, text="a")}, {"one": Word(enabled=True)}, ("text",), "words")
    assert found == {"one": {"text": "a"}}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tow": None}, "did you mean two?"),
        ({"tow": Word(enabled=False)}, "did you mean two?"),
        ({"mine": Word(marks={})}, "words.mine is not in the catalogue and lacks text"),
        ({"Mine": Word(text="m")}, "words.Mine is no name"),
        ({"a" * 61: Word(text="m")}, "is no name"),
        ({"": Word(text="m")}, "is no name"),
    ],
)
def test_names_that_are_none_and_keys_that_lack_are_told(
    tmp_path: Path, changes: dict[str, Word | None], says: str
) -> None:
    with pytest.raises(ChurnError) as error:
        changed(of(tmp_path), changes, ("text",), "words")
    assert says in f"{error.value.message} {error.value.remedy}"
