"""Two companies to test on: the demo company, run once and only read, and a small shop written by hand for each test.

Belongs here: making them, running commands, comparing files. Does not belong here: any expectation.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import config as configuration
from pipelines.champion import Champion
from pipelines.config import Config
from pipelines.sources import source_of

ROOT = Path(__file__).parents[2]
DAY = date(2025, 3, 10)
"""The day for which the shop's list is made. Its records begin in November 2024 and go on to 20 March 2025."""

Rows = Sequence[Mapping[str, Any]]


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """No configuration from outside, and none that one test leaves to another."""
    before = dict(os.environ)
    for name in ("CHURN_CONFIG", "DAGSTER_HOME", "DAGSTER_STORE", "MLFLOW_TRACKING_URI"):
        os.environ.pop(name, None)
    yield
    os.environ.clear()
    os.environ.update(before)


# ---------------------------------------------------------------------------------------------- the demo company


@dataclass(frozen=True)
class Demo:
    """The demo company after one night: landed, checked, trained, scored, published."""

    config: Config
    day: date
    trained: Any = field(repr=False)

    @property
    def root(self) -> Path:
        return self.config.file.parent

    def copied(self, to: Path) -> Demo:
        """A copy that a test may change. Its MLflow store starts afresh: the old one knows only the old folder."""
        shutil.copytree(self.root, to, symlinks=True, ignore=shutil.ignore_patterns("mlflow.db*", "mlartifacts"))
        return Demo(configuration.load(to / "churn.yaml"), self.day, self.trained)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The default demo company, run once for all tests: do not write into its folder."""
    from pipelines import features, ingest, nightly, scoring, tables, training
    from pipelines.lists import enabled

    root = tmp_path_factory.mktemp("demo")
    shutil.copy(ROOT / "churn.yaml", root)
    config = configuration.load(root / "churn.yaml")
    day = config.last_day()
    for table in source_of(config):
        ingest.land(config, day, table)
        tables.check(config, day, table)
    # one fold of the backtest instead of three: each takes as long as the training
    trained = training.train(configuration.with_training(config, backtest_folds=1), day)
    features.compute(config, day)
    scoring.score(config, day)
    for name in enabled(config):
        nightly.publish_list(config, name, day)
    return Demo(config, day, trained)


# ---------------------------------------------------------------------------------------------- the shop

_MAPPING: dict[str, Any] = {
    "company": "Shop",
    "time_zone": "Europe/Berlin",
    "currency": "EUR",
    "history_start": "2025-01-01",
    "sources": {
        "shop": {
            "kind": "files",
            "root": "data",
            "tables": {
                "accounts": {
                    "files": "accounts.csv",
                    "columns": {"account_id": "id", "created_at": "joined", "name": "label", "owner": "manager"},
                },
                "subscriptions": {
                    "files": "subscriptions.csv",
                    "columns": {
                        "subscription_id": "sid",
                        "account_id": "acc",
                        "plan": "plan",
                        "billing_interval": {"column": "cycle", "values": {"monthly": "month", "yearly": "year"}},
                        "mrr": {"column": "price", "scale": 100},
                        "started_at": "from",
                        "ended_at": "to",
                    },
                },
                "usage": {
                    "files": "usage.csv",
                    "columns": {"account_id": "acc", "day": "day", "event": "what", "quantity": "n"},
                },
            },
        }
    },
    "event_roles": {"signed_in": "login", "made": "key_action"},
    # who is kept is worth so much that every contact pays, and nobody is held out
    "lists": {
        "least_lift": 0,
        "capacity": 10,
        "automated_capacity": 0,
        "rank_by": "expected_loss",
        "value_months": 2400,
        "holdout_share": 0,
    },
    "engine": {"threads": 1, "memory_limit": "512MB"},
}


@dataclass
class Shop:
    """A company of 30 customers in CSV files, with its configuration as plain values in ``keys``."""

    root: Path
    keys: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def tables(self) -> dict[str, Any]:
        """The mappings of the source, to be changed before ``config``."""
        return self.keys["sources"]["shop"]["tables"]

    def write(self, file: str, rows: Rows) -> None:
        """Rows as CSV, with the keys of the first one as header."""
        with (self.data / file).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def read(self, file: str) -> list[dict[str, str]]:
        with (self.data / file).open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    def config(self) -> Config:
        """The configuration as it now stands in ``keys``."""
        (self.root / "churn.yaml").write_text(yaml.safe_dump(self.keys, sort_keys=False), "utf-8")
        return configuration.load(self.root / "churn.yaml")

    def accept(self, as_of: date = DAY, *names: str) -> Config:
        """Land and check tables of a day."""
        from pipelines import ingest, tables

        config = self.config()
        for name in names or tuple(source_of(config)):
            ingest.land(config, as_of, name)
            tables.check(config, as_of, name)
        return config


def _shop_rows() -> tuple[Rows, Rows, Rows]:
    first = date(2024, 11, 1)
    accounts, subscriptions, usage = [], [], []
    for number in range(30):
        account, joined = f"a{number:02}", first + timedelta(days=number)
        left = first + timedelta(days=100 + number) if number % 7 == 3 else ""
        accounts.append(
            {"id": account, "joined": f"{joined}T09:00:00+01:00", "label": f"Customer {number}",
             "manager": f"M{number % 3}"}
        )  # fmt: skip
        subscriptions.append(
            {"sid": f"s{number:02}", "acc": account, "plan": ("basic", "pro")[number % 2], "cycle": "monthly",
             "price": 20 + number, "from": joined, "to": left}
        )  # fmt: skip
        for offset in range(140):
            day = joined + timedelta(days=offset)
            if day > date(2025, 3, 20) or (left and day > left):
                break
            if (offset * (number + 3)) % 5 < 2 and not (number % 4 == 1 and offset > 80):
                usage.append({"acc": account, "day": day, "what": "signed_in", "n": 1 + offset % 3})
            if offset % (2 + number % 4) == 0:
                usage.append({"acc": account, "day": day, "what": "made", "n": 1})
    return accounts, subscriptions, usage


@pytest.fixture(scope="session")
def make_shop() -> Callable[[Path], Shop]:
    """Writes the shop's files and configuration into a new folder, nothing landed yet."""
    import copy

    def make(root: Path) -> Shop:
        (root / "data").mkdir(parents=True)
        made = Shop(root, copy.deepcopy(_MAPPING))
        for name, rows in zip(("accounts", "subscriptions", "usage"), _shop_rows(), strict=True):
            made.write(f"{name}.csv", rows)
        return made

    return make


@pytest.fixture
def shop(make_shop: Callable[[Path], Shop], tmp_path: Path) -> Shop:
    """The shop's files and configuration, nothing landed yet."""
    return make_shop(tmp_path / "shop")


@pytest.fixture
def hundred(shop: Shop) -> Config:
    """A hundred customers since January; five of them left in February, one of these in March again, as a new one."""
    shop.write(
        "accounts.csv",
        [{"id": f"a{n}", "joined": "2025-01-02T09:00:00+01:00", "label": n, "manager": ""} for n in range(100)],
    )
    rows = [
        {"sid": f"s{n}", "acc": f"a{n}", "plan": "basic", "cycle": "monthly", "price": 10, "from": "2025-01-02",
         "to": "2025-02-10" if n < 5 else ""}
        for n in range(100)
    ]  # fmt: skip
    shop.write("subscriptions.csv", [*rows, {**rows[0], "sid": "back", "from": "2025-03-05", "to": ""}])
    return shop.accept(DAY, "accounts", "subscriptions")


@pytest.fixture(scope="session")
def stand_in() -> Champion:
    """A model over the catalogue's inputs that fears silence, fit in no time on made-up rows."""
    import lightgbm as lgb
    import numpy as np

    from churn_features.catalogue import fingerprint
    from models.churn_model import ChurnModel
    from pipelines.training import inputs

    rng = np.random.default_rng(0)
    names = [each.name for each in inputs()]
    rows = rng.normal(20, 15, (2000, len(names)))
    silent, active = names.index("days_since_activity"), names.index("active_days_28d")
    leaves = rng.random(2000) < 1 / (1 + np.exp(2 - 0.1 * (rows[:, silent] - rows[:, active])))
    parameters = {"num_threads": 1, "seed": 0, "deterministic": True, "verbose": -1, "objective": "binary"}
    booster = lgb.train(parameters, lgb.Dataset(rows, leaves.astype(float), feature_name=names), 20)
    interval = {"auc": 0.7, "auc_low": 0.6, "auc_high": 0.8, "lift_10": 2.0, "lift_10_low": 1.0, "lift_10_high": 3.0}
    card = {
        "inputs": [asdict(each) for each in inputs()],
        "categories": {each.name: [] for each in inputs() if each.categorical},
        "calibration": {"method": "none", "slope": 1.0, "intercept": 0.0},
        "parameters": parameters,
        "fingerprint": fingerprint(),
        "outcome": {"lead_days": 0, "window_days": 30, "grace_days": 7},
        "event_roles": {"signed_in": "login", "made": "key_action"},
        "tables": ["accounts", "subscriptions", "usage"],
        "as_of": "2025-03-01",
        "quality": {**interval, "dates": ["2025-02-01"], "rows": 30, "leavers": 3},
        "verdict": "it stands in for a model",
    }
    return Champion(ChurnModel(booster.model_to_string(), card), "1")


@pytest.fixture(scope="session")
def telling(stand_in: Champion) -> Champion:
    """The same model with a division by kind: the older the account, the more of its risk is involuntary."""
    lines: list[dict[str, Any]] = [
        {"values": [], "other": 0.0}
        if each.categorical
        else {"log": False, "center": 110.0, "scale": 10.0, "weight": float(each.name == "tenure_days"),
              "present": 0.0, "missing": 0.0}
        for each in stand_in.model.inputs
    ]  # fmt: skip
    card = stand_in.model.card
    plain = {"inputs": card["inputs"], "categories": card["categories"], "calibration": card["calibration"]}
    share = {**plain, "intercept": 0.0, "lines": lines, "parameters": {"furthest": 5.0}}
    kinds = {"share": share, "why": "", "ahead": "", "quality": {}}
    return Champion(replace(stand_in.model, card={**card, "kinds": kinds}), stand_in.version)  # type: ignore[type-var]


@pytest.fixture(scope="session")
def other_kinds(stand_in: Champion) -> dict[str, Champion]:
    """Champions of the rungs below, over the catalogue's inputs, fit on made-up rows in which silence is the cause."""
    import numpy as np
    import pandas as pd

    from models.model import KINDS, fit
    from models.split import split_dates
    from pipelines.training import inputs

    rng, accounts = np.random.default_rng(1), 200
    days = [date(2024, 6, 1) + timedelta(days=20 * at) for at in range(9)]
    rows = len(days) * accounts
    columns = {
        each.name: rng.choice(["a", "b"], rows) if each.categorical else rng.normal(20, 15, rows).round()
        for each in inputs()
    }
    panel = pd.DataFrame({"account_id": np.tile([f"a{at}" for at in range(accounts)], len(days)), **columns})
    panel = panel.mask(rng.random(panel.shape) < 0.1).assign(
        account_id=panel["account_id"], as_of=np.repeat(np.array(days, dtype=object), accounts), announced=False
    )
    silence = panel["days_since_activity"].fillna(20) - panel["active_days_28d"].fillna(20)
    panel["churned"] = rng.random(rows) < 1 / (1 + np.exp(2 - 0.1 * silence))
    split = split_dates(days, 37)
    ours = ("fingerprint", "outcome", "event_roles", "tables", "as_of", "quality", "verdict")
    added = {key: stand_in.model.card[key] for key in ours}
    champions = {}
    for kind in KINDS:
        model = fit(kind, panel, inputs(), split)
        champions[kind] = Champion(type(model).from_parts(model.text, {**model.card, **added}), kind)  # type: ignore[attr-defined]
    return champions


@pytest.fixture
def open_shop(shop: Shop, stand_in: Champion) -> Shop:
    """The shop with a champion."""
    from pipelines import champion

    champion.install(shop.config(), stand_in)
    return shop


@pytest.fixture(scope="session")
def published_shop(
    make_shop: Callable[[Path], Shop], tmp_path_factory: pytest.TempPathFactory, stand_in: Champion
) -> Path:
    """A shop whose list of DAY is published: copy it."""
    from pipelines import champion, nightly

    made = make_shop(tmp_path_factory.mktemp("published") / "shop")
    champion.install(made.config(), stand_in)
    nightly.run_stages(made.config(), DAY)
    return made.root


@pytest.fixture
def running_shop(published_shop: Path, tmp_path: Path) -> Shop:
    """A shop that has published the list of DAY, to be broken."""
    root = tmp_path / "running"
    shutil.copytree(published_shop, root, symlinks=True)
    return Shop(root, yaml.safe_load((root / "churn.yaml").read_text("utf-8")))


# ---------------------------------------------------------------------------------------------- object storage


@dataclass(frozen=True)
class Bucket:
    """An empty bucket of a real S3 server on this machine."""

    endpoint: str
    name: str
    client: Any = field(repr=False)

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=content)

    def get(self, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=self.name, Key=key)["Body"].read())

    def remove(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)

    def keys(self) -> list[str]:
        """All keys, in order."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return sorted(each["Key"] for page in pages for each in page.get("Contents", ()))

    def fill(self, folder: Path, prefix: str) -> None:
        """Put all files of a folder below a prefix."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{prefix}/{path.relative_to(folder)}", path.read_bytes())


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of moto's S3 server, a process of its own."""
    import socket
    import subprocess
    import time
    import urllib.request

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("s3") / "server.log"
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as server:
        try:
            until = time.monotonic() + 120
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=5).close()
                    break
                except OSError:
                    assert server.poll() is None, log.read_text("utf-8")
                    assert time.monotonic() < until, log.read_text("utf-8")
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture
def bucket(s3_server: str, tmp_path: Path) -> Bucket:
    """A bucket, and in the environment what it takes to use it."""
    import uuid

    import boto3

    os.environ.update(
        AWS_ACCESS_KEY_ID="reader", AWS_SECRET_ACCESS_KEY="unchecked", AWS_DEFAULT_REGION="us-east-1",
        AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE=str(tmp_path / "none"),
        AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "none"),
    )  # fmt: skip
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION"):
        os.environ.pop(name, None)
    made = Bucket(s3_server, f"b-{uuid.uuid4().hex}", boto3.client("s3", endpoint_url=s3_server))
    made.client.create_bucket(Bucket=made.name)
    return made


@pytest.fixture
def guarded(bucket: Bucket) -> Iterator[Bucket]:
    """The server asks who one is; the user ``reader`` may list and read, and has its keys in the environment."""
    import json
    import urllib.request

    import boto3

    allowed = {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}
    bucket.put("a", b"1")
    iam = boto3.client("iam", endpoint_url=bucket.endpoint)
    name = bucket.name
    iam.create_user(UserName=name)
    iam.put_user_policy(
        UserName=name, PolicyName="read", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    os.environ.update(AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])

    def unchecked_requests(number: str) -> None:
        address, kind = f"{bucket.endpoint}/moto-api/reset-auth", {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(address, number.encode(), kind)).close()

    unchecked_requests("0")
    yield bucket
    unchecked_requests("inf")


# ---------------------------------------------------------------------------------------------- commands and files


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def churn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs the ``churn`` command in this process: ``churn(config, "publish", "--as-of", "2025-03-10")``."""
    from pipelines import cli
    from pipelines.cli import terminal

    # consoles are made at import, with the width of whatever test imports them first
    for console in (terminal.out, terminal.err):
        monkeypatch.setattr(console, "width", 200)

    def run(config: Config | Path, *arguments: str) -> Ran:
        file = config.file if isinstance(config, Config) else config
        monkeypatch.setattr(sys, "argv", ["churn", "-c", str(file), *arguments])
        monkeypatch.setenv("COLUMNS", "200")
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def digests() -> Callable[..., dict[str, str]]:
    """SHA-256 of every file below a folder by its path there; links are followed; hidden
    files and those called like one of ``without`` are left out."""

    def of(folder: Path, *without: str) -> dict[str, str]:
        found = {}
        for place, folders, files in os.walk(folder, followlinks=True):
            folders[:] = [name for name in folders if not name.startswith(".") and name not in without]
            for path in (Path(place) / name for name in files if not name.startswith(".") and name not in without):
                found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
        return dict(sorted(found.items()))

    return of


_KILLABLE = """
import json, os, sys
import {imports}
from pipelines import cli
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        sys.argv = ["churn", *json.loads(line)]
        try:
            cli.main()
            os._exit(0)
        except SystemExit as stop:
            os._exit(int(stop.code or 0))
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Killable:
    """Commands of ``churn``, each in a process of its own that may be killed; what they import is imported once."""

    def __init__(self, imports: str) -> None:
        self.server = subprocess.Popen(
            [sys.executable, "-c", _KILLABLE.format(imports=imports)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *arguments: object, kill_after: float | None = None) -> int:
        """The status of the process as ``os.waitpid`` gives it."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps([str(each) for each in arguments]) + "\n")
        self.server.stdin.flush()
        child = int(self.server.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)  # it is not reaped before the next line: the id is its own
        self.server.stdin.write("\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())

    def killed(self, *arguments: object, after: float) -> bool:
        """Whether a command was killed after so many seconds; else it had ended well before."""
        status = self.run(*arguments, kill_after=after)
        assert status in (0, signal.SIGKILL)
        return status == signal.SIGKILL


@pytest.fixture
def killable() -> Iterator[Callable[[str], Killable]]:
    """``killable(imports)``: see ``Killable``."""
    with ExitStack() as stack:

        def made(imports: str) -> Killable:
            commands = Killable(imports)
            stack.enter_context(commands.server)  # closes the pipe, upon which it ends
            return commands

        yield made
