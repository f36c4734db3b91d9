"""Between machines and their home on a real S3 server: what one pushes the other pulls, and nobody's work is lost."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.lake import Lake
from pipelines.remote import bucket as remote_bucket
from pipelines.remote.pruning import prune
from pipelines.remote.pushing import Pushed, told
from pipelines.remote.status import status

pytestmark = pytest.mark.process

DAY, NEXT = date(2025, 3, 10), date(2025, 3, 11)
BEGIN = {
    "lake/tables/accounts/rows.parquet": b"rows",
    "lake/checks/as_of=2025-03-10/accounts.json": b"{}",
    "lake/landed/übung/as_of=2025-03-10/part 0+%41.parquet": "größer 日本".encode(),
    "exports/at_risk/record.jsonl": b"{}\n",
    "exports/effect/as_of=2025-03-10/effect.json": b"{}",
    "state/champion.json": b"model",
    "state/receipts/crm/at_risk/as_of=2025-03-10.json": b"receipt",
}
LISTED = {"at_risk.csv": b"a,b\n", "manifest.json": b"{}"}


def filled(machine: Any) -> Any:
    for path, content in BEGIN.items():
        machine.write(path, content)
    machine.publish("at_risk", DAY, LISTED)
    return machine


@pytest.fixture
def first(machine: Any) -> Any:
    return filled(machine("first"))


def test_what_is_pushed_is_pulled(first: Any, machine: Any, home: Any) -> None:
    for hidden in (".writer.lock", "tables/.accepted.parquet", "tables/.x.tmp/part"):
        path = first.config.path(first.config.lake) / hidden
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("hidden")
    (first.config.path(first.config.state) / "mlflow.db").write_text("not of the lake")
    expected = {**BEGIN, **{f"days/at_risk/2025-03-10/{name}": content for name, content in LISTED.items()}}
    pushed = first.push()
    assert home.holds(1) == expected == first.holds()
    # two files have the same content
    contents = set(expected.values())
    assert pushed == Pushed(1, 9, sum(map(len, expected.values())), len(contents), sum(map(len, contents)), True)
    second = machine("second")
    pulled = second.pull()
    assert second.holds() == expected
    assert (pulled.generation, pulled.files, pulled.downloaded_files, pulled.removed) == (1, 9, len(contents), 0)
    exports = second.config.path(second.config.exports)
    assert (exports / "at_risk" / "latest").resolve() == (exports / "at_risk" / "as_of=2025-03-10").resolve()
    assert not (second.config.path(second.config.lake) / ".incoming").exists()
    assert (second.config.path(second.config.state) / "receipts").stat().st_mode & 0o077 == 0
    again = second.pull()
    assert (again.downloaded_files, again.removed, again.local) == (0, 0, 0)
    assert second.push() == Pushed(1, 9, pushed.bytes)
    assert told(second.push()) == "generation 1 is what this machine has: nothing to push"
    assert home.generations() == [1]


def test_only_what_changed_is_uploaded_and_downloaded(first: Any, machine: Any, home: Any, monkeypatch: Any) -> None:
    uploads: list[str] = []
    upload = remote_bucket.Bucket.upload

    def counted(self: Any, held: Any) -> None:
        uploads.append(held.entry.path)
        upload(self, held)

    monkeypatch.setattr(remote_bucket.Bucket, "upload", counted)
    first.push()
    second = machine("second")
    second.pull()
    uploads.clear()
    first.write("lake/tables/accounts/rows.parquet", b"more rows")
    first.write("lake/features/as_of=2025-03-11.parquet", b"features")
    first.write("lake/copy", b"model")  # a content that is there
    first.remove("lake/checks/as_of=2025-03-10/accounts.json")
    first.publish("at_risk", NEXT, {**LISTED, "at_risk.csv": b"c,d\n"})
    first.publish("at_risk", DAY, {"at_risk.csv": b"corrected\n"})
    pushed = first.push()
    assert sorted(uploads) == [
        "days/at_risk/2025-03-10/at_risk.csv", "days/at_risk/2025-03-11/at_risk.csv",
        "lake/features/as_of=2025-03-11.parquet", "lake/tables/accounts/rows.parquet",
    ]  # fmt: skip
    assert (pushed.generation, pushed.uploaded_files, pushed.uploaded_bytes) == (2, 4, 9 + 8 + 4 + 10)
    pulled = second.pull()
    assert second.holds() == first.holds() == home.holds(2)
    # what another place has here already is downloaded all the same: the copy, the manifest of the new day
    assert (pulled.downloaded_files, pulled.removed) == (4 + 2, 2)
    exports = second.config.path(second.config.exports)
    assert (exports / "at_risk" / "latest" / "at_risk.csv").read_bytes() == b"c,d\n"
    assert home.holds(1)["lake/tables/accounts/rows.parquet"] == b"rows"


def test_unchanged_files_are_not_read_again(first: Any, monkeypatch: Any) -> None:
    from pipelines.remote import working_copy

    first.push()
    first.write("lake/new", b"new")
    hashed = []
    digest = working_copy.digest
    monkeypatch.setattr(working_copy, "digest", lambda file: hashed.append(file.name) or digest(file))
    first.push()
    assert hashed == ["new"]


def test_of_two_writers_the_second_is_told(first: Any, machine: Any, home: Any) -> None:
    first.push()
    second = machine("second")
    second.pull()
    first.write("lake/a", b"of the first")
    first.push()
    second.write("lake/b", b"of the second")
    before = home.objects()
    with pytest.raises(ChurnError, match=r"generation 2 of s3://.*/home was pushed at .* this one has generation 1: "
                                         r"nothing was overwritten\. Remedy: run: churn lake pull"):  # fmt: skip
        second.push()
    assert home.objects() == before
    with pytest.raises(ChurnError, match=r"never pushed, and generation 2 .* lake/b; .*Remedy: give it up: churn lake "
                                         r"pull --discard-local"):  # fmt: skip
        second.pull()
    assert second.holds()["lake/b"] == b"of the second"
    second.pull(discard=True)
    assert second.holds() == first.holds()
    second.write("lake/b", b"of the second, again")
    assert second.push().generation == 3


def test_a_writer_that_comes_in_between_is_not_overwritten(
    first: Any, machine: Any, home: Any, monkeypatch: Any
) -> None:
    """Both have generation 1 and see that it is the latest; only then does either make the second."""
    first.push()
    second = machine("second")
    second.pull()
    second.write("lake/b", b"of the second")
    first.write("lake/a", b"of the first")
    publish = remote_bucket.Bucket.publish

    def late(self: Any, manifest: Any) -> bool:
        monkeypatch.setattr(remote_bucket.Bucket, "publish", publish)
        first.push()
        return publish(self, manifest)

    monkeypatch.setattr(remote_bucket.Bucket, "publish", late)
    with pytest.raises(ChurnError, match=r"generation 2 .* was pushed at .* by another machine"):
        second.push()
    assert home.holds(2) == first.holds()
    with pytest.raises(ChurnError, match=r"generation 2 .* was pushed"):
        second.push()
    second.pull(discard=True)
    assert second.holds() == first.holds()


def test_a_request_that_was_answered_twice_is_ours(first: Any, monkeypatch: Any, home: Any) -> None:
    """The answer was lost, and the client sent the manifest once more."""
    from pipelines.object_creation import ObjectCreation

    create = ObjectCreation.create

    def twice(self: Any, key: str, content: bytes) -> bool:
        create(self, key, content)
        return create(self, key, content)

    monkeypatch.setattr(ObjectCreation, "create", twice)
    assert first.push().generation == 1
    assert home.holds(1) == first.holds()


def test_local_work_stays_while_nothing_is_newer(first: Any) -> None:
    first.push()
    first.write("lake/a", b"new")
    first.write("lake/tables/accounts/rows.parquet", b"changed")
    first.remove("lake/checks/as_of=2025-03-10/accounts.json")
    before = first.holds()
    assert first.pull().local == 3
    assert first.holds() == before
    found = status(first.config)
    assert (found.here, found.latest, found.new, found.changed, found.removed) == (1, 1, 1, 1, 1)
    first.pull(discard=True)
    assert "lake/a" not in first.holds()
    assert first.holds()["lake/tables/accounts/rows.parquet"] == b"rows"
    found = status(first.config)
    assert (found.new, found.changed, found.removed) == (0, 0, 0)


def test_work_done_before_the_first_pull_is_not_overwritten(first: Any, machine: Any) -> None:
    first.push()
    same, other = filled(machine("same")), filled(machine("other"))
    assert same.pull().downloaded_files == 0
    other.write("state/champion.json", b"another model")
    with pytest.raises(ChurnError, match=r"state/champion\.json; this machine has none"):
        other.pull()
    assert other.holds()["state/champion.json"] == b"another model"


def test_a_lost_folder_is_fetched_again_and_its_loss_never_pushed(first: Any, machine: Any, home: Any) -> None:
    first.push()
    held = first.holds()
    first.lose("exports", "state")
    first.push()
    assert home.holds(max(home.generations())) == held
    first.pull()
    assert first.holds() == held
    first.lose("lake")
    assert first.pull().generation == 1
    assert first.holds() == held
    second = machine("second")
    second.pull()
    assert second.holds() == held


def test_what_was_moved_aside_by_a_killed_writer_belongs_to_it(first: Any, home: Any) -> None:
    folder = first.config.path(first.config.lake) / "landed" / "übung" / "as_of=2025-03-10"
    held = first.holds()
    folder.rename(folder.with_name(f".{folder.name}.0123abcd.old"))
    first.push()
    assert home.holds(1) == held


def test_an_earlier_generation_can_be_the_latest_again(first: Any, machine: Any, home: Any) -> None:
    first.push()
    held = first.holds()
    first.write("lake/tables/accounts/rows.parquet", b"spoilt")
    first.write("lake/a", b"spoilt")
    first.push()
    first.write("lake/b", b"not pushed")
    with pytest.raises(ChurnError, match=r"lake/b; this machine has generation 2.*Remedy: push it first"):
        first.pull(generation=1)
    with pytest.raises(ChurnError, match=r"has no generation 7\. Remedy: choose one of those that churn lake status"):
        first.pull(generation=7)
    first.pull(generation=1, discard=True)
    assert first.holds() == held
    assert first.push().generation == 3
    assert home.holds(3) == held
    second = machine("second")
    assert second.pull(generation=2).generation == 2
    assert second.holds()["lake/a"] == b"spoilt"


@pytest.mark.parametrize("damage", ["altered", "cut short", "gone"])
def test_a_damaged_object_is_named_and_nothing_replaced(first: Any, machine: Any, bucket: Any, damage: str) -> None:
    first.push()
    second = machine("second")
    second.pull()
    first.write("lake/a", b"first")
    first.write("lake/tables/accounts/rows.parquet", b"more rows")
    first.push()
    digest = hashlib.sha256(b"more rows").hexdigest()
    if damage == "gone":
        bucket.remove(f"home/objects/{digest}")
    else:
        bucket.put(f"home/objects/{digest}", b"mere rows" if damage == "altered" else b"more")
    before = second.holds()
    said = "is not there" if damage == "gone" else "is damaged"
    with pytest.raises(ChurnError, match=rf"objects/{digest}, which holds lake/tables/accounts/rows.parquet, {said}"):
        second.pull()
    assert second.holds() == before
    second.pull(generation=1)
    assert second.push().generation == 3


def test_a_hostile_manifest_writes_nothing(first: Any, machine: Any, bucket: Any, tmp_path: Any) -> None:
    first.push()
    value = json.loads(bucket.get("home/manifests/00000001.json"))
    value["files"][0]["path"] = "lake/../../outside"
    bucket.put("home/manifests/00000001.json", json.dumps(value).encode())
    second = machine("second")
    with pytest.raises(ChurnError, match=r"manifests/00000001\.json is no manifest .*'lake/../../outside'"):
        second.pull()
    assert second.holds() == {}
    assert not list(tmp_path.rglob("outside"))


def test_a_name_that_is_not_unicode_is_refused(first: Any) -> None:
    file = first.config.path(first.config.lake) / "b\udcffd"
    file.write_text("x")
    with pytest.raises(ChurnError, match=r"b\\udcffd' cannot be pushed: it is not Unicode\. Remedy: rename it"):
        first.push()


def test_other_writers_wait_for_a_push(first: Any, monkeypatch: Any) -> None:
    from filelock import FileLock, Timeout

    publish, refused = remote_bucket.Bucket.publish, []

    def watched(self: Any, manifest: Any) -> bool:
        # a lock of its own, as another process would have
        try:
            with FileLock(Lake(first.config.path(first.config.lake)).root / ".writer.lock", timeout=0.05):
                pass
        except Timeout:
            refused.append(True)
        return publish(self, manifest)

    monkeypatch.setattr(remote_bucket.Bucket, "publish", watched)
    first.push()
    assert refused == [True]


def test_a_file_that_is_written_into_meanwhile_is_not_pushed(first: Any, home: Any, monkeypatch: Any) -> None:
    upload = remote_bucket.Bucket.upload

    def meddled(self: Any, held: Any) -> None:
        if held.entry.path == "lake/tables/accounts/rows.parquet":
            held.file.write_bytes(b"meddled")
        upload(self, held)

    monkeypatch.setattr(remote_bucket.Bucket, "upload", meddled)
    with pytest.raises(SourceUnavailable, match=r"rows\.parquet changed while it was pushed"):
        first.push()
    assert home.generations() == []
    assert hashlib.sha256(b"rows").hexdigest() not in home.objects()
    monkeypatch.undo()


# pruning


def test_pruning_removes_what_only_old_generations_had(first: Any, machine: Any, home: Any) -> None:
    first.push()
    for number in range(3):
        first.write("lake/tables/accounts/rows.parquet", f"rows {number}".encode())
        first.push()
    kept = {number: home.holds(number) for number in (3, 4)}
    later = datetime.now(UTC) + timedelta(days=2)
    would = prune(first.config, 2, dry_run=True, now=later)
    assert home.generations() == [1, 2, 3, 4]
    assert prune(first.config, 2, now=later) == would
    assert (would.kept, would.generations, would.objects, would.bytes) == ((3, 4), 2, 2, 4 + 6)
    assert {number: home.holds(number) for number in home.generations()} == kept
    assert home.objects() == {
        hashlib.sha256(content).hexdigest() for held in kept.values() for content in held.values()
    }
    assert prune(first.config, 2, now=later).objects == 0
    machine("second").pull()
    first.write("lake/a", b"a")
    assert first.push().generation == 5


def test_young_objects_stay_for_the_push_that_put_them_there(first: Any, home: Any) -> None:
    first.push()
    first.write("lake/tables/accounts/rows.parquet", b"more")
    first.push()
    before = home.objects()
    assert prune(first.config, 1).objects == 0
    assert home.objects() == before
    with pytest.raises(ChurnError, match="keep at least 1"):
        prune(first.config, 0)


def test_an_old_object_that_nothing_names_is_put_again(first: Any, home: Any, monkeypatch: Any) -> None:
    """It might be pruned while the push that wants it is under way."""
    from pipelines.remote import pushing

    first.push()
    first.write("lake/tables/accounts/rows.parquet", b"more")
    first.push()
    first.write("lake/tables/accounts/rows.parquet", b"rows")
    assert first.push().uploaded_files == 0
    first.write("lake/tables/accounts/rows.parquet", b"more")
    monkeypatch.setattr(pushing, "FRESH", timedelta(0))
    assert first.push().uploaded_files == 1
    assert home.holds(4) == first.holds()


# what goes wrong


def test_a_bucket_that_lost_generations_is_not_written_to(first: Any, bucket: Any) -> None:
    first.push()
    bucket.remove("home/manifests/00000001.json")
    for act in (first.push, first.pull):
        with pytest.raises(ChurnError, match="has no generation, and this machine has generation 1: later ones were"):
            act()


def test_another_home_is_begun_anew(first: Any, bucket: Any) -> None:
    first.push()
    other = first.config.model_copy(
        update={"storage": first.config.storage.model_copy(update={"remote": f"{bucket.url}/other"})}
    )
    pushed = type(first)(other).push()
    assert (pushed.generation, pushed.files) == (1, 9)


def changed_storage(machine: Any, **keys: Any) -> Any:
    storage = machine.config.storage.model_copy(update=keys)
    return type(machine)(machine.config.model_copy(update={"storage": storage}))


def test_without_a_home_the_key_is_named(first: Any) -> None:
    with pytest.raises(ChurnError, match=r"no home in object storage .*set storage\.remote"):
        changed_storage(first, remote=None).push()


def test_a_bucket_that_is_not_there(first: Any) -> None:
    for act in ("push", "pull"):
        with pytest.raises(ChurnError, match="has no bucket no-such-bucket"):
            getattr(changed_storage(first, remote="s3://no-such-bucket/x"), act)()


def test_a_server_that_does_not_answer(first: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = changed_storage(first, endpoint=f"http://127.0.0.1:{taken.getsockname()[1]}")
        for act in (away.push, away.pull):
            with pytest.raises(SourceUnavailable, match="does not answer"):
                act()


@pytest.fixture
def proxy(bucket: Any) -> Iterator[Any]:
    """A server before the real one that can forget a header or break down: ``proxy.drops``, ``proxy.fails``."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # it says that it goes on where the client waits for that
        drops: str = ""
        fails: str = ""
        address = ""

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.fails and re.search(self.fails, f"{self.command} {self.path}"):
                self.send_error(503)
                return
            headers = {name: text for name, text in self.headers.items() if name.lower() not in (self.drops, "expect")}
            # else it would be that of a form, whose body the server takes for itself
            headers.setdefault("Content-Type", "application/octet-stream")
            asked = urllib.request.Request(bucket.endpoint + self.path, body or None, headers, method=self.command)
            try:
                with urllib.request.urlopen(asked) as answer:
                    self._answer(answer.status, answer.headers, answer.read())
            except urllib.error.HTTPError as error:
                self._answer(error.code, error.headers, error.read())

        def _answer(self, status: int, headers: Any, body: bytes) -> None:
            self.send_response(status)
            for name, text in headers.items():
                if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                    self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        Proxy.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Proxy
        server.shutdown()
        thread.join()


def test_a_server_without_conditional_writes_is_refused(first: Any, proxy: Any, home: Any) -> None:
    through = changed_storage(first, endpoint=proxy.address)
    proxy.drops = "if-none-match"
    with pytest.raises(ChurnError, match=r"takes no notice of If-None-Match: .*Remedy: update the server"):
        through.push()
    assert home.generations() == []
    proxy.drops = ""
    assert through.push().generation == 1


@pytest.mark.parametrize("what", ["PUT .*/objects/", "PUT .*/manifests/"])
def test_a_server_that_breaks_down_in_the_middle(first: Any, machine: Any, proxy: Any, home: Any, what: str) -> None:
    first.push()
    held = first.holds()
    through = changed_storage(first, endpoint=proxy.address)
    through.config.path(through.config.lake).joinpath(".remote.json").unlink()
    through.pull()
    first.write("lake/a", b"a")
    proxy.fails = what
    with pytest.raises(SourceUnavailable, match="does not answer"):
        through.push()
    assert home.generations() == [1]
    assert home.holds(1) == held
    proxy.fails = ""
    assert through.push().generation == 2
    assert home.holds(2) == first.holds()


def test_without_boto3_the_extra_is_named(first: Any, monkeypatch: Any) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ChurnError, match=r"needs boto3, .*Remedy: pip install \"churn-pipeline\[s3\]\""):
        first.push()


def test_folders_within_each_other_are_refused(first: Any) -> None:
    nested = type(first)(first.config.model_copy(update={"exports": first.config.lake / "exports"}))
    with pytest.raises(ChurnError, match=r"the folder of exports is that of lake, or in it: .*Remedy: with storage"):
        nested.push()


def test_credentials_that_may_only_read(guarded: Any, machine: Any, home: Any) -> None:
    one = filled(machine("one"))
    with pytest.raises(ChurnError, match=r"cannot write .*/home/about\.json: .* denies access .*s3:PutObject"):
        one.push()
    assert one.pull().generation == 0
