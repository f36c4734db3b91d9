"""What holds for the whole house: rooms and imports, modules, the lock, the top level, the pages."""

from __future__ import annotations

import ast
import fnmatch
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import yaml

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = ("churn_features", "models", "pipelines")
MODULES = sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py"))
PYTHON_FILES = [*MODULES, *(p for name in ("tests", "docs", "benchmarks", ".ci") for p in (HOUSE / name).rglob("*.py"))]
PAGES = sorted([*HOUSE.glob("*.md"), *(HOUSE / "docs").rglob("*.md")])

MAY_IMPORT = {
    "churn_features": {"churn_features", "ibis"},
    "models": {"models", "numpy", "pandas", "scipy", "sklearn", "lightgbm", "optuna"},
}
HEAVY = {
    "pandas", "duckdb", "ibis", "lightgbm", "sklearn", "mlflow", "great_expectations", "matplotlib", "pyarrow", "numpy",
    "sqlalchemy_duckdb", "duckdb_engine", "optuna", "pyspark", "stripe", "boto3",
}  # fmt: skip
BELONGS_AT_THE_TOP = {
    ".ci", ".git", ".gitignore", ".pre-commit-config.yaml", ".python-version", "CHANGELOG.md", "CONTRIBUTING.md",
    "LICENSE", "Makefile", "README.md", "benchmarks", "churn.yaml", "churn_features", "dagster.yaml", "docs",
    "examples", "models", "pipelines", "pyproject.toml", "requirements.lock", "tests", "workspace.yaml",
}  # fmt: skip
MAY_BE_ABSENT = {".git", ".python-version"}


def name_of(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def imported(path: Path) -> Iterator[str]:
    """Top-level packages that a module imports anywhere in its code."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno} imports relatively"
            yield (node.module or "").partition(".")[0]


@cache
def generator() -> ModuleType:
    """``docs/generate.py`` as a module."""
    spec = importlib.util.spec_from_file_location("docs_generate", HOUSE / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# rooms


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    room = path.relative_to(HOUSE).parts[0]
    if room not in MAY_IMPORT:
        return
    foreign = set(imported(path)) - MAY_IMPORT[room] - set(sys.stdlib_module_names)
    assert not foreign, f"{name_of(path)} may not import {', '.join(sorted(foreign))}"


@pytest.mark.parametrize("path", PYTHON_FILES, ids=name_of)
def test_a_module_says_its_rule_and_stays_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert path.stem not in {"utils", "util", "common", "helpers", "helper", "core", "misc"}
    if path.is_relative_to(HOUSE / "tests"):
        return
    assert len(text.splitlines()) <= 300, f"{name_of(path)} has {len(text.splitlines())} lines: split it"
    doc = ast.get_docstring(ast.parse(text))
    assert doc, f"{name_of(path)} opens without a docstring that says what belongs there"


def test_definitions_import_nothing_heavy(tmp_path: Path) -> None:
    heavy = ", ".join(repr(name) for name in sorted(HEAVY))
    code = f"import sys, pipelines.definitions; print(sorted({{{heavy}}} & set(sys.modules)))"
    environment = {**os.environ, "CHURN_CONFIG": str(HOUSE / "churn.yaml")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]", "import these inside the functions that need them"


# what stands at the top


def test_the_top_level_holds_what_it_should_and_nothing_else() -> None:
    ignored = [
        line.strip("/") for line in (HOUSE / ".gitignore").read_text("utf-8").split("\n") if line[:1] not in ("", "#")
    ]
    there = {path.name for path in HOUSE.iterdir()}
    kept = {name for name in there if not any(fnmatch.fnmatch(name, pattern) for pattern in ignored)}
    assert kept - BELONGS_AT_THE_TOP == set(), "this belongs in a folder, or in .gitignore"
    assert BELONGS_AT_THE_TOP - MAY_BE_ABSENT - kept == set()


def test_the_lock_has_hashes_and_no_address() -> None:
    text = (HOUSE / "requirements.lock").read_text("utf-8")
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert len(requirements) > 100
    for requirement in requirements:
        assert re.match(r"[A-Za-z0-9._-]+(\[[\w,.-]+\])?==\S+( ;|\s*\\)", requirement), requirement[:80]
        assert "--hash=sha256:" in requirement, requirement[:80]
        assert "://" not in requirement, requirement[:80]
    names = {re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower() for requirement in requirements}  # type: ignore[index]
    assert "setuptools" in names, "set-up builds the project without fetching anything that the lock does not name"


def test_every_dependency_is_in_the_lock() -> None:
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))
    pins = dict(
        re.findall(
            r"^([A-Za-z0-9._-]+)(?:\[[\w,.-]+\])?==([^\s;\\]+)", (HOUSE / "requirements.lock").read_text("utf-8"), re.M
        )
    )
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["spark"],
        *project["project"]["optional-dependencies"]["test"],
        *project["build-system"]["requires"],
    ]
    for requirement in map(Requirement, wanted):
        pin = pins.get(requirement.name.lower())
        assert pin, f"{requirement.name} is not in requirements.lock: run make lock"
        assert requirement.specifier.contains(pin), f"{requirement} is not {pin}: run make lock"


def test_make_tells_its_commands() -> None:
    done = subprocess.run(["make", "-C", str(HOUSE)], capture_output=True, text=True, check=True)
    targets = re.search(r"^\.PHONY: (.+)$", (HOUSE / "Makefile").read_text("utf-8"), re.M)
    assert targets
    for target in targets[1].split():
        assert re.search(rf"^make {target} ", done.stdout, re.M), f"make {target} has no ## text"


# pages


@pytest.mark.parametrize("name", ["configuration.md", "contract.md", "features.md", "plays.md", "triggers.md"])
def test_generated_pages_are_current(name: str) -> None:
    assert (HOUSE / "docs" / name).read_text("utf-8") == generator().pages()[name], "run: make docs"


def test_every_key_is_documented() -> None:
    make = generator()
    silent = [
        f"{place}.{key}"
        for place, model in make.sections()
        for key, field in make.keys(model)
        if not make.meaning(field)
    ]
    assert not silent, f"give {', '.join(silent)} a description in pipelines/config"


def test_the_full_example_is_valid() -> None:
    from pipelines.config import load

    config = load(HOUSE / "docs" / "example.yaml")
    assert set(yaml.safe_load((HOUSE / "docs" / "example.yaml").read_text("utf-8"))["sources"]) == set(config.sources)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"(https?|mailto):", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{name_of(page)} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text("utf-8"), re.M)
            assert anchor in {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}, target


def test_every_page_can_be_reached() -> None:
    index = (HOUSE / "docs" / "index.md").read_text("utf-8") + (HOUSE / "docs" / "decisions" / "index.md").read_text(
        "utf-8"
    )
    for page in (HOUSE / "docs").rglob("*.md"):
        assert page.name == "index.md" or f"{page.name})" in index, f"{name_of(page)} is in no index"


def test_the_page_on_lists_names_every_list_and_every_key_of_the_manifest() -> None:
    from pipelines.lists import NAMES
    from pipelines.lists.suppression import BELOW_COST, CONTACTED, COOLING_DOWN, DO_NOT_SAVE, HEALTHY, OPTED_OUT

    page = (HOUSE / "docs" / "lists.md").read_text("utf-8")
    lists, _, rest = page.partition("## The seven lists")[2].partition("## ")
    assert re.findall(r"^\| `(\w+)` \|", lists, re.M) == list(NAMES)
    for reason in (BELOW_COST, CONTACTED, COOLING_DOWN, DO_NOT_SAVE, HEALTHY, OPTED_OUT):
        assert f"`{reason}`" in rest


def blocks(page: str, heading: str = "") -> list[str]:
    """The Python of a page, or of its part below a heading of the second level."""
    text = (HOUSE / "docs" / page).read_text("utf-8")
    if heading:
        text = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", text, re.S)


EXAMPLES = {
    "a feature": "\n".join(blocks("extending.md", "A feature")),
    "a rule": "\n".join(blocks("extending.md", "A rule of the contract")),
    "a trigger": "\n".join(blocks("extending.md", "A trigger")),
    "a play": "\n".join(blocks("extending.md", "A play")),
    "a source": "\n".join(blocks("sources.md")),
    "an export": "\n".join(blocks("extending.md", "An export")),
}


def test_a_source_takes_as_few_lines_as_is_said() -> None:
    lines = [line for line in blocks("sources.md")[0].splitlines() if line.strip()]
    assert len(lines) == 20
    for page in ("docs/sources.md", "README.md"):
        assert "20 lines" in (HOUSE / page).read_text("utf-8")


@pytest.mark.parametrize("what", EXAMPLES)
def test_examples_of_extensions_run(what: str, tmp_path: Path) -> None:
    file = tmp_path / "example.py"
    file.write_text(EXAMPLES[what], "utf-8")
    done = subprocess.run([sys.executable, str(file)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
