"""Lists by webhook, to a receiver on this machine that checks signatures and answers as badly as it is told to."""

from __future__ import annotations

import base64
import json
import os
import re
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipelines.config.destinations import signing_key
from pipelines.destinations import webhook
from pipelines.destinations.delivering import deliver
from pipelines.destinations.listing import read_listing
from pipelines.destinations.receipts import Receipt
from pipelines.errors import ChurnError

DAY = date(2025, 3, 10)
SECRET = "a secret of the receiver's, long enough"
DOCS = Path(__file__).parents[3] / "docs"


def verifier() -> Any:
    """The one that the documentation gives to receivers."""
    code = re.search(r"```python\n(import base64, hashlib.*?)```", (DOCS / "destinations.md").read_text("utf-8"), re.S)
    assert code is not None
    found: dict[str, Any] = {}
    exec(code[1], found)
    return found["is_genuine"]


@dataclass
class Receiver:
    """What it got, and how it is to answer: a status, a status with Retry-After, ``drop`` or ``hang``; 200 once there
    is nothing left."""

    url: str
    answers: list[Any] = field(default_factory=list)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    forged: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def rows(self) -> list[Any]:
        """Rows of all chunks, once all are there."""
        chunks = sorted(self.taken.values(), key=lambda each: each["chunk"])
        assert [each["chunk"] for each in chunks] == list(range(1, chunks[0]["chunks"] + 1))
        assert len({each["digest"] for each in chunks}) == 1
        return [row for each in chunks for row in each["rows"]]


def serving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    is_genuine = verifier()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if not is_genuine(SECRET.encode(), headers, body):
                receiver.forged += 1
            receiver.ids.append(headers["webhook-id"])
            answer = receiver.answers.pop(0) if receiver.answers else 200
            if answer == "drop":
                self.close_connection = True
                return
            if answer == "hang":
                receiver.stop.wait(20)
                self.close_connection = True
                return
            status, more = answer if isinstance(answer, tuple) else (answer, {})
            if status == 200:
                receiver.taken[headers["idempotency-key"]] = json.loads(body)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            text = b"no <b>thanks</b>"
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https" if context else "http"
        receiver = Receiver(f"{scheme}://127.0.0.1:{server.server_port}/services/T0KEN")
        running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        running.start()
        yield receiver
        receiver.stop.set()
        server.shutdown()
        running.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    yield from serving()


@pytest.fixture
def hook(place: Any, receiver: Receiver) -> Any:
    """The place, with the receiver as destination ``hook``."""
    os.environ.update(HOOK=receiver.url, HOOK_SECRET=SECRET)
    place.destinations["hook"] = {
        "kind": "webhook", "url": "${HOOK}", "secret": "${HOOK_SECRET}", "rows": 2, "backoff_seconds": 0.01,
        "longest_wait_seconds": 1, "timeout_seconds": 0.5,
    }  # fmt: skip
    return place


def send(place: Any, as_of: date = DAY, **more: Any) -> Receipt:
    return deliver(place.config(), "hook", "at_risk", as_of, **more)


def letters(place: Any) -> Path:
    found: Path = place.shop.root / f"var/state/dead_letters/hook/at_risk/as_of={DAY}.jsonl"
    return found


def test_a_list_arrives_in_signed_chunks(hook: Any, receiver: Receiver, make_row: Any) -> None:
    rows = [make_row(n) for n in range(1, 6)]
    hook.publish(*rows)
    receipt = send(hook)
    assert (receipt.status, receipt.rows) == ("delivered", 5), receipt.message
    assert receiver.rows() == rows
    first = next(iter(receiver.taken.values()))
    assert (first["list"], first["version"], first["as_of"], first["chunks"]) == ("at_risk", 2, str(DAY), 3)
    assert first["manifest"]["rows"] == 5
    assert receipt.digest == first["digest"]
    assert receiver.forged == 0


def test_what_a_machine_writes_is_beside_the_rows(hook: Any, receiver: Receiver, make_row: Any) -> None:
    """The filled message of every automated row whose play is in the catalogue, in the chunk of its row."""
    automated = {"attention": "automated", "play": "check_in_message"}
    rows = [
        make_row(1), make_row(2, **automated, name="{owner} & Söhne"), make_row(3, **automated | {"play": None}),
        make_row(4, **automated | {"play": "gone"}), make_row(5, **automated, name=None, owner=None),
    ]  # fmt: skip
    hook.publish(*rows)
    assert send(hook).status == "delivered"
    assert receiver.rows() == rows, "as they are published"
    chunks = sorted(receiver.taken.values(), key=lambda each: each["chunk"])
    assert [[each["rank"] for each in chunk["messages"]] for chunk in chunks] == [[2], [], [5]]
    (second,), (fifth,) = chunks[0]["messages"], chunks[2]["messages"]
    assert set(second) == {"rank", "account_id", "subject", "body"}
    assert second["account_id"] == "a02"
    assert second["subject"] == "Is everything working for you?"
    assert second["body"].splitlines()[0] == "Hello {owner} & Söhne,", "a name is no placeholder"
    assert second["body"].splitlines()[-2:] == ["M0", "Shop"]
    assert fifth["body"].splitlines()[0] == "Hello a05,"
    assert fifth["body"].splitlines()[-2:] == ["Kind regards", "Shop"]


def test_an_empty_list_is_told(hook: Any, receiver: Receiver) -> None:
    hook.publish()
    assert send(hook).status == "delivered"
    assert receiver.rows() == []


def test_who_has_the_list_is_left_alone(hook: Any, receiver: Receiver, make_row: Any) -> None:
    hook.publish(make_row(1))
    first = send(hook)
    again = send(hook)
    assert (again.status, again.attempts, again.delivered_at) == ("unchanged", 1, first.delivered_at)
    assert len(receiver.ids) == 1
    assert send(hook, again=True).status == "delivered"
    assert receiver.ids == receiver.ids[:1] * 2, "the receiver knows it by its id"
    hook.publish(make_row(2))
    assert send(hook).status == "delivered"
    assert len(set(receiver.ids)) == 2
    hook.destinations["hook"]["rows"] = 1
    assert send(hook).status == "delivered", "other keys: it may be another receiver"


@pytest.mark.parametrize("bad", [500, 503, 429, 408, "drop", "hang"])
def test_what_may_pass_is_tried_again(hook: Any, receiver: Receiver, make_row: Any, bad: Any) -> None:
    rows = [make_row(n) for n in range(1, 4)]
    hook.publish(*rows)
    receiver.answers = [bad, 200, bad]
    assert send(hook).status == "delivered"
    assert receiver.rows() == rows
    assert len(receiver.ids) == 4
    assert receiver.forged == 0
    assert not letters(hook).exists()


def test_what_is_not_taken_is_kept_and_brought_later(hook: Any, receiver: Receiver, make_row: Any) -> None:
    rows = [make_row(n) for n in range(1, 6)]
    hook.publish(*rows)
    receiver.answers = [200, *[500] * 5]
    receipt = send(hook)
    assert (receipt.status, receipt.temporary) == ("failed", True)
    assert "did not take a request in 5 attempts: it answered 500; 2 requests are kept in" in str(receipt.message)
    kept = [json.loads(line) for line in letters(hook).read_text("utf-8").splitlines()]
    assert [json.loads(each["body"])["chunk"] for each in kept] == [2, 3]
    before = len(receiver.ids)
    done = send(hook)
    assert (done.status, done.attempts) == ("delivered", 2)
    assert receiver.ids[before:] == [each["id"] for each in kept]
    assert receiver.rows() == rows
    assert not letters(hook).exists()


def test_letters_of_another_list_are_out_of_date(hook: Any, receiver: Receiver, make_row: Any) -> None:
    hook.publish(*(make_row(n) for n in range(1, 6)))
    receiver.answers = [200, 400]
    send(hook)
    assert letters(hook).exists()
    receiver.taken.clear()
    hook.publish(make_row(7), make_row(8), make_row(9))
    assert send(hook).status == "delivered"
    assert [row["rank"] for row in receiver.rows()] == [7, 8, 9]
    assert not letters(hook).exists()


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_a_refusal_is_final(hook: Any, receiver: Receiver, make_row: Any, status: int) -> None:
    hook.publish(make_row(1))
    receiver.answers = [status]
    receipt = send(hook)
    assert (receipt.status, receipt.temporary) == ("failed", False)
    assert f"refused a request with {status}: no <b>thanks</b>" in str(receipt.message)
    assert len(receiver.ids) == 1
    assert letters(hook).exists()


def test_redirects_are_not_followed(hook: Any, receiver: Receiver, make_row: Any) -> None:
    hook.publish(make_row(1))
    for status in (301, 302, 307, 308):
        receiver.answers = [(status, {"Location": "https://other.example.com/take/T0KEN"})]
        receipt = send(hook)
        assert (receipt.status, receipt.temporary) == ("failed", False)
        assert f"answered {status}, which leads to other.example.com" in str(receipt.message)
    assert len(receiver.ids) == 4
    assert receiver.taken == {}


def test_waits_double_within_bounds_and_follow_retry_after(
    hook: Any, receiver: Receiver, make_row: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(webhook.time, "sleep", waits.append)
    hook.destinations["hook"] |= {"backoff_seconds": 1, "longest_wait_seconds": 60}
    hook.publish(make_row(1))
    runs = []
    for _ in range(2):
        waits.clear()
        receiver.answers = [503] * 5
        assert send(hook).status == "failed"
        assert len(waits) == 4
        assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(waits))
        runs.append(list(waits))
    assert runs[0] == runs[1]
    assert len(set(waits)) == 4
    waits.clear()
    answers = ["7", "0", "100000", "soon"]
    receiver.answers = [(429, {"Retry-After": each}) for each in answers]
    assert send(hook).status == "delivered"
    assert waits[0] == 7
    assert 1 <= waits[1] <= 2
    assert waits[2] == 60
    assert 4 <= waits[3] <= 8


def test_nobody_there(hook: Any, make_row: Any) -> None:
    os.environ["HOOK"] = "http://127.0.0.1:1/services/T0KEN"
    hook.publish(make_row(1))
    receipt = send(hook)
    assert (receipt.status, receipt.temporary) == ("failed", True)
    assert "http://127.0.0.1:1 did not take a request in 5 attempts" in str(receipt.message)


def test_nothing_tells_the_secret_or_the_path(hook: Any, receiver: Receiver, make_row: Any) -> None:
    hook.publish(make_row(1))
    for answer in (200, 400, 500, "drop"):
        receiver.answers = [answer] * 5
        receipt = send(hook, again=True)
        for text in (str(receipt), json.dumps(hook.receipt("hook"))):
            assert SECRET not in text
            assert "T0KEN" not in text
    assert SECRET not in letters(hook).read_text("utf-8")
    assert "T0KEN" not in letters(hook).read_text("utf-8")


def test_certificates_are_verified(hook: Any, certificates: Any, make_row: Any) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.file, certificates.key)
    hook.publish(make_row(1))
    for receiver in serving(context):
        os.environ["HOOK"] = receiver.url
        receipt = send(hook)
        assert (receipt.status, receipt.temporary) == ("failed", False)
        assert "cannot be trusted" in str(receipt.message)
        assert receiver.ids == []
        hook.destinations["hook"]["ca_file"] = str(certificates.file)
        assert send(hook).status == "delivered"
        assert len(receiver.taken) == 1


def test_names_arrive_as_they_are(hook: Any, receiver: Receiver, make_row: Any, hostile: str) -> None:
    rows = [make_row(1, account_id=hostile, name=hostile, owner=hostile), make_row(2)]
    hook.publish(*rows)
    receiver.answers = [500] * 5
    send(hook)
    assert send(hook).status == "delivered"
    assert receiver.rows() == rows
    assert receiver.forged == 0


def test_a_changed_request_is_not_genuine(hook: Any, receiver: Receiver, make_row: Any) -> None:
    hook.publish(make_row(1))
    config = hook.config()
    chunk = next(webhook.chunks(config, read_listing(config, "at_risk", DAY), 500))
    is_genuine, now = verifier(), int(webhook.time.time())
    headers = {
        "webhook-id": chunk.id, "webhook-timestamp": str(now),
        "webhook-signature": webhook.signature(SECRET.encode(), chunk.id, now, chunk.body.encode()),
    }  # fmt: skip
    assert is_genuine(SECRET.encode(), headers, chunk.body.encode())
    assert not is_genuine(SECRET.encode(), headers, chunk.body.encode() + b" ")
    assert not is_genuine(b"another", headers, chunk.body.encode())
    assert not is_genuine(SECRET.encode(), {**headers, "webhook-id": "x"}, chunk.body.encode())
    late = {**headers, "webhook-timestamp": str(now - 400)}
    late["webhook-signature"] = webhook.signature(SECRET.encode(), chunk.id, now - 400, chunk.body.encode())
    assert not is_genuine(SECRET.encode(), late, chunk.body.encode())


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification's reference libraries."""
    key = signing_key(SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    assert key == base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    told = webhook.signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"url": "http://example.com/hook"}, "give an https address"),
        ({"url": "https://user:x@example.com/hook"}, "holds a password in plain text"),
        ({"secret": "in plain text, long enough"}, "secret holds a key in plain text"),
        ({"secret": "${SHORT}"}, "give 16 characters or more"),
    ],
)
def test_keys_that_are_not_safe(hook: Any, keys: dict[str, Any], said: str) -> None:
    os.environ["SHORT"] = "short"
    hook.destinations["hook"] |= keys
    with pytest.raises(ChurnError, match=said) as error:
        hook.config()
    assert "short" not in str(error.value).replace("shorter", "")
