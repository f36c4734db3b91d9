"""Makes ``.venv``: what ``make`` runs before anything else, once, and again when the lock or pyproject.toml changes.

Belongs here: Python's version, the packages of the lock, the system library that LightGBM needs. Does not belong
here: anything outside the standard library. Processes that set up at once take turns; the later ones find it done.
Spark is left out unless the argument ``spark`` asks for it: it is as large as half of all the rest, few need it, and
Great Expectations imports it where it is, which every night would pay for.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
VENV = HOUSE / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".stamp"
LOCK_FILE = HOUSE / "requirements.lock"
TURN = VENV / ".setup"  # not .venv/.lock, which uv waits for
SPARK_STAMP = VENV / ".spark"
SPARK = re.compile(r"(pyspark|py4j)==")
SOURCES = (LOCK_FILE, HOUSE / "pyproject.toml")

OLDEST, TOO_NEW = (3, 11), (3, 14)
IN_RANGE = f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] < {TOO_NEW})"


def say(line: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(line + "\n")


def succeeds(*command: object, silent: bool = True) -> bool:
    """Whether a command can be started and ends well."""
    try:
        return subprocess.run([str(part) for part in command], capture_output=silent, check=False).returncode == 0  # noqa: S603
    except OSError:
        return False


def fresh(stamp: Path) -> bool:
    """Whether an earlier set-up still holds."""
    return stamp.exists() and all(stamp.stat().st_mtime >= file.stat().st_mtime for file in SOURCES)


def make_venv() -> None:
    """An empty environment; what is left of one that no longer works is removed."""
    if succeeds(PYTHON, "-c", IN_RANGE):
        return
    for left in VENV.iterdir():
        if left == TURN:
            continue
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()
    # Debian's own Python lacks ensurepip unless python3-venv is installed; its pip can fill an environment without
    for flags in ([], ["--without-pip"]):
        if succeeds(sys.executable, "-m", "venv", *flags, VENV):
            return
    sys.exit("Error: the virtual environment .venv cannot be made\nRemedy: apt-get install python3-venv")


def locked(spark: bool) -> Path:
    """The part of the lock that is Spark's, or all the rest."""
    packages = re.split(r"\n(?=\S)", LOCK_FILE.read_text("utf-8").strip())
    part = VENV / "part.lock"
    part.write_text("\n".join(each for each in packages if bool(SPARK.match(each)) == spark) + "\n", "utf-8")
    return part


def installers() -> list[tuple[str, list[object]]]:
    """The commands that can install into ``.venv``, the fastest first."""
    pip = [PYTHON, "-m", "pip"]
    if not succeeds(*pip, "--version"):
        pip = [sys.executable, "-m", "pip", "--python", PYTHON]
    quiet = ["install", "--quiet", "--disable-pip-version-check"]
    # pyspark has only a source distribution without pyproject.toml, which pip builds in its old way unless told not to
    ways: list[tuple[str, list[object]]] = [("pip", [*pip, *quiet, "--use-pep517"])]
    if succeeds("uv", "--version"):
        ways.insert(0, ("uv", ["uv", "pip", "install", "--quiet", "--python", PYTHON]))
    return ways


def install(spark: bool = False) -> None:
    """The locked packages, each checked against its hashes, then the project itself; or Spark, into what is there."""
    for name, command in installers():
        say(f"{'Adding Spark to' if spark else 'Setting up'} .venv with {name}; this can take some minutes, once.")
        # setuptools comes from the lock and is there before anything is built, so that nothing is fetched unchecked
        unbuilt = ["--no-build-isolation"] if spark else []
        done = succeeds(*command, *unbuilt, "--require-hashes", "-r", locked(spark), silent=False)
        if done and (spark or succeeds(*command, "--no-deps", "--no-build-isolation", "-e", HOUSE, silent=False)):
            return
    sys.exit(
        "Error: the packages of requirements.lock could not be installed\n"
        "Remedy: see above; set the package index in pip's or uv's own configuration if this machine needs one"
    )


def check_openmp() -> None:
    """LightGBM's wheel uses the system's OpenMP library and brings none."""
    found = subprocess.run([str(PYTHON), "-c", "import lightgbm"], capture_output=True, text=True, check=False)  # noqa: S603
    if found.returncode == 0:
        return
    said = found.stderr.strip().splitlines()[-1]
    if "omp" in said:
        sys.exit(
            f"Error: LightGBM cannot be loaded: {said}\n"
            "Remedy: apt-get install libgomp1 (Debian, Ubuntu), dnf install libgomp (Fedora), "
            "brew install libomp (macOS); then run make again"
        )
    sys.exit(f"Error: LightGBM cannot be loaded: {said}\nRemedy: make clean, then run make again")


def main() -> None:
    """Set up unless that was done."""
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        sys.exit(
            f"Error: Python 3.11, 3.12 or 3.13 is needed; {sys.executable} is {sys.version.split()[0]}\n"
            "Remedy: install one and name it: make PYTHON=python3.11 ..."
        )
    VENV.mkdir(exist_ok=True)
    with TURN.open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        os.environ.pop("VIRTUAL_ENV", None)  # another environment that happens to be active is not meant
        if not fresh(STAMP):
            make_venv()
            install()
            check_openmp()
            STAMP.touch()
        # once asked for, Spark stays and follows the lock
        if ("spark" in sys.argv[1:] or SPARK_STAMP.exists()) and not fresh(SPARK_STAMP):
            install(spark=True)
            SPARK_STAMP.touch()


if __name__ == "__main__":
    main()
