"""E-mails to owners, through a real mail server: who gets which accounts, once, and nothing from data is a header."""

from __future__ import annotations

import email
import html
import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from pipelines.config.destinations import SmtpDestination
from pipelines.destinations import smtp
from pipelines.destinations.delivering import deliver_all, deliver_together, deliveries
from pipelines.destinations.receipts import Receipt
from pipelines.errors import ChurnError
from pipelines.plays import plays

DAY = date(2025, 3, 10)
LISTS = ["at_risk", "save", "rewards"]


@dataclass
class Mailbox:
    """What the server took; ``refuses``: recipient -> answer; ``breaks_after`` so many it goes away."""

    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    breaks_after: int | None = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.breaks_after is not None and len(self.taken) >= self.breaks_after:
            server.transport.abort()
            return "451 gone"
        (address,) = envelope.rcpt_tos
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append((address, message))
        return "250 OK"

    def addresses(self) -> list[str]:
        return [address for address, _ in self.taken]


class Server(Controller):
    """A server on the port that the system chooses, which is known once it runs."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def serving(mailbox: Mailbox, **more: Any) -> Iterator[int]:
    server = Server(mailbox, hostname="127.0.0.1", port=0, ready_timeout=60, **more)
    server.start()
    yield server.port
    server.stop()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def post(place: Any, mailbox: Mailbox) -> Iterator[Any]:
    """The place, with a mail server without encryption as destination ``owners``."""
    for port in serving(mailbox):
        place.destinations["owners"] = {
            "kind": "smtp", "host": "127.0.0.1", "port": port, "tls": "none", "sender": "churn@example.com",
            "owners": {"M0": "zero@example.com"}, "pattern": "{owner}@cs.example.com", "fallback": "lead@example.com",
            "timeout_seconds": 5,
        }  # fmt: skip
        yield place


def send(place: Any, **more: Any) -> Receipt:
    (receipt,) = deliver_together(place.config(), "owners", ["at_risk"], DAY, **more)
    return receipt


def day(place: Any) -> list[Receipt]:
    """Deliver all that is published."""
    return deliver_all(place.config(), DAY, LISTS)


def parts(message: EmailMessage) -> tuple[str, str]:
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    return text.get_content(), page.get_content()


def test_every_owner_gets_theirs(post: Any, mailbox: Mailbox, make_row: Any) -> None:
    post.publish(make_row(1), make_row(2), make_row(3), make_row(4, owner=None), make_row(5, owner="Kim Lee"))
    receipt = send(post)
    assert (receipt.status, receipt.where) == ("delivered", f"smtp://127.0.0.1:{post.destinations['owners']['port']}")
    assert mailbox.addresses() == ["lead@example.com", "zero@example.com", "M1@cs.example.com", "lead@example.com"]
    message = mailbox.taken[2][1]
    assert message["Subject"] == "Shop: 2 accounts on the list at risk of 2025-03-10"
    assert (message["From"], message["To"]) == ("churn@example.com", "M1@cs.example.com")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"]
    assert message.get_content_type() == "multipart/alternative"
    for told in parts(message):
        for shown in ("Customer 1", "Customer 3", "12.50 EUR", "25%", "Sign-ins: 3; Tickets: 2", "Check-in call"):
            assert shown in told
        for other in ("Customer 2", "Customer 4"):
            assert other not in told
    assert "accounts of Kim Lee" not in parts(mailbox.taken[3][1])[0]
    assert "without an owner" in parts(mailbox.taken[3][1])[0]


def test_a_resend_is_known_by_its_id(post: Any, mailbox: Mailbox, make_row: Any) -> None:
    post.publish(make_row(1), make_row(2))
    send(post)
    assert send(post).status == "unchanged"
    assert len(mailbox.taken) == 2
    send(post, again=True)
    first, second = mailbox.taken[:2], mailbox.taken[2:]
    for (_, one), (_, other) in zip(first, second, strict=True):
        assert one["Message-ID"] == other["Message-ID"]
        assert parts(one) == parts(other)
        assert one.get_boundary() == other.get_boundary()
    post.publish(make_row(1, mrr=99.0), make_row(2))
    assert send(post).status == "delivered"
    ids = [message["Message-ID"] for _, message in mailbox.taken]
    assert (len(ids), len(set(ids))) == (5, 3), "only whose accounts have changed"
    assert mailbox.addresses()[4] == "M1@cs.example.com"
    assert all(each.endswith("@example.com>") for each in ids)
    post.publish(make_row(1), make_row(2))
    assert send(post).status == "delivered", "what the last e-mail said is no longer true"
    assert mailbox.taken[5][1]["Message-ID"] == ids[1]


def test_one_e_mail_a_day_with_a_section_for_each_list(post: Any, mailbox: Mailbox, make_row: Any) -> None:
    kim = {"owner": "kim"}
    post.publish(make_row(1, **kim), make_row(2, **kim), make_row(3, **kim, play="update_card_call"))
    post.publish(make_row(1, **kim, play="exit_talk"), make_row(4, owner="lee", play=None), name="save")
    post.publish(make_row(9, **kim, play="a_play_of_last_year"), name="rewards")
    receipts = day(post)
    assert [(each.list, each.status, each.rows) for each in receipts] == [
        ("at_risk", "delivered", 3), ("save", "delivered", 2), ("rewards", "delivered", 1),
    ]  # fmt: skip
    assert mailbox.addresses() == ["kim@cs.example.com", "lee@cs.example.com"]
    kims, lees = (message for _, message in mailbox.taken)
    assert kims["Subject"] == "Shop: 4 accounts on 3 lists of 2025-03-10", "one is on two lists"
    assert lees["Subject"] == "Shop: 1 account on the list save of 2025-03-10"
    catalogue = {play.name: play for play in plays(post.config())}
    for told in parts(kims):
        order = [told.index(each) for each in ("At risk: 3 accounts", "Save: 1 account", "Rewards: 1 account")]
        assert order == sorted(order)
        assert "Customer 4" not in told
        assert "a_play_of_last_year" in told
        for name in ("check_in", "update_card_call", "exit_talk"):
            for step in catalogue[name].steps:
                assert html.unescape(told).count(step) == 1, "once, however many rows have the play"
        assert order[0] < told.index(catalogue["update_card_call"].steps[0]) < order[1], "in the section of its list"
    assert "1. " + catalogue["exit_talk"].steps[0] in parts(kims)[0]


def test_what_a_machine_sees_to_is_not_told_unless_asked_for(post: Any, mailbox: Mailbox, make_row: Any) -> None:
    by_machine = {"attention": "automated", "play": "check_in_message"}
    post.publish(
        make_row(1, owner="kim"), make_row(2, owner="kim", **by_machine), make_row(3, owner="lee", **by_machine)
    )
    send(post)
    assert mailbox.addresses() == ["kim@cs.example.com"]
    for told in parts(mailbox.taken[0][1]):
        assert "Customer 1" in told
        assert "Customer 2" not in told
    post.destinations["owners"]["attention"] = "all"
    assert send(post).status == "delivered", "other keys"
    assert mailbox.addresses()[1:] == ["kim@cs.example.com", "lee@cs.example.com"]
    for told in parts(mailbox.taken[1][1]):
        assert "Customer 2" in told
        assert "Check-in message" in told


def test_a_replay_brings_only_what_has_changed(post: Any, mailbox: Mailbox, make_row: Any) -> None:
    post.publish(make_row(1, owner="kim"), make_row(2, owner="lee"))
    post.publish(make_row(3, owner="kim"), name="save")
    first = day(post)
    assert len(mailbox.taken) == 2
    config = post.config()
    assert deliveries(config, DAY, LISTS, only=["save"]) == [("owners", "at_risk"), ("owners", "save")]
    for only in ([], ["save"], ["at_risk"]):
        again = deliver_all(config, DAY, LISTS, only=only)
        assert [(each.status, each.attempts) for each in again] == [("unchanged", 1)] * 2
        assert [each.delivered_at for each in again] == [each.delivered_at for each in first]
    post.publish(make_row(3, owner="kim", mrr=1.0), name="save")
    post.publish(name="rewards")
    assert [(each.list, each.status) for each in day(post)] == [
        ("at_risk", "unchanged"), ("save", "delivered"), ("rewards", "delivered"),
    ]  # fmt: skip
    assert mailbox.addresses()[2:] == ["kim@cs.example.com"]
    assert "Customer 1" in parts(mailbox.taken[2][1])[0], "an e-mail has all of the day"
    deliver_all(config, DAY, LISTS, only=["save"], again=True)
    assert mailbox.addresses()[3:] == ["kim@cs.example.com", "lee@cs.example.com"]
    for one, other in ((2, 3), (1, 4)):
        assert mailbox.taken[one][1]["Message-ID"] == mailbox.taken[other][1]["Message-ID"]


def test_a_list_that_cannot_be_read_keeps_nobody_from_the_others(post: Any, mailbox: Mailbox, make_row: Any) -> None:
    post.destinations["owners"]["lists"] = ["at_risk", "save", "rewards"]
    post.publish(make_row(1, owner="kim"))
    (post.publish(make_row(2, owner="lee"), name="rewards") / "rewards.csv").write_bytes(b"torn")
    receipts = day(post)
    assert [each.status for each in receipts] == ["delivered", "failed", "failed"]
    assert receipts[1].message == "list save of 2025-03-10 is not published"
    assert "rewards.csv is not the file that its manifest names" in str(receipts[2].message)
    post.publish(make_row(1, owner="kim"), name="save")
    assert [each.status for each in day(post)] == ["unchanged", "delivered", "failed"]
    assert mailbox.addresses() == ["kim@cs.example.com"] * 2
    assert post.receipt("owners", of="rewards")["digest"] == ""


def test_a_list_that_is_named_twice_is_told_once(post: Any, mailbox: Mailbox, make_row: Any) -> None:
    post.destinations["owners"]["lists"] = ["at_risk", "at_risk"]
    post.publish(make_row(1))
    assert len(day(post)) == 1
    assert parts(mailbox.taken[0][1])[0].count("Customer 1") == 1


def test_a_day_that_breaks_off_goes_on_and_every_list_says_so(post: Any, mailbox: Mailbox, make_row: Any) -> None:
    for name in ("at_risk", "save"):
        post.publish(*(make_row(n, owner=f"o{n}") for n in range(1, 4)), name=name)
    mailbox.breaks_after = 1
    receipts = day(post)
    assert [(each.status, each.temporary, each.attempts) for each in receipts] == [("failed", True, 1)] * 2
    mailbox.breaks_after = None
    assert [(each.status, each.attempts) for each in day(post)] == [("delivered", 2)] * 2
    assert mailbox.addresses() == [f"o{n}@cs.example.com" for n in range(1, 4)]


def test_a_delivery_that_breaks_off_goes_on_with_the_rest(post: Any, mailbox: Mailbox, make_row: Any) -> None:
    post.publish(*(make_row(n, owner=f"o{n}") for n in range(1, 6)))
    mailbox.breaks_after = 2
    receipt = send(post)
    assert (receipt.status, receipt.temporary) == ("failed", True)
    assert mailbox.addresses() == ["o1@cs.example.com", "o2@cs.example.com"]
    mailbox.breaks_after = None
    assert send(post).status == "delivered"
    assert mailbox.addresses() == [f"o{n}@cs.example.com" for n in range(1, 6)]


@pytest.mark.parametrize(("answer", "temporary"), [("550 no such user", False), ("450 try later", True)])
def test_an_address_that_is_refused_keeps_nobody_from_theirs(
    post: Any, mailbox: Mailbox, make_row: Any, answer: str, temporary: bool
) -> None:
    post.publish(*(make_row(n, owner=f"o{n}") for n in range(1, 4)))
    mailbox.refuses = {"o2@cs.example.com": answer}
    receipt = send(post)
    assert (receipt.status, receipt.temporary) == ("failed", temporary)
    assert f"refused 1 e-mails, the others are sent: o2@cs.example.com: {answer}" in str(receipt.message)
    assert mailbox.addresses() == ["o1@cs.example.com", "o3@cs.example.com"]
    mailbox.refuses = {}
    assert send(post).status == "delivered"
    assert mailbox.addresses()[2:] == ["o2@cs.example.com"]


def test_all_are_made_before_the_first_is_sent(
    post: Any, mailbox: Mailbox, make_row: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.publish(*(make_row(n, owner=f"o{n}") for n in range(1, 4)))
    real, made = smtp.compose, []

    def third_fails(*arguments: Any) -> Any:
        made.append(arguments)
        if len(made) == 3:
            raise ChurnError("stop", "go")
        return real(*arguments)

    monkeypatch.setattr(smtp, "compose", third_fails)
    assert send(post).message == "stop"
    assert mailbox.taken == []


def test_a_long_list_is_cut_and_an_empty_one_bothers_nobody(post: Any, mailbox: Mailbox, make_row: Any) -> None:
    post.destinations["owners"]["rows"] = 2
    post.publish(*(make_row(n, owner="kim") for n in range(1, 6)))
    send(post)
    for told in parts(mailbox.taken[0][1]):
        assert "Customer 2" in told
        assert "Customer 3" not in told
        assert "and 3 more" in told
    post.publish()
    assert send(post).status == "unchanged"
    assert len(mailbox.taken) == 1


def test_no_name_is_a_header_or_markup(post: Any, mailbox: Mailbox, make_row: Any, hostile: str) -> None:
    reasons = [{"theme": "usage", "feature": "f", "text": hostile}]
    theirs = dict.fromkeys(("account_id", "name", "owner", "plan", "play"), hostile)
    post.publish(make_row(1, **theirs, reasons=reasons))
    post.shop.keys["company"] = hostile.replace("\x00", "0")
    receipt = send(post)
    assert receipt.status == "delivered", receipt.message
    ((address, message),) = mailbox.taken
    assert address in ("lead@example.com", f"{hostile}@cs.example.com")
    assert set(message.keys()) == {
        "Subject", "From", "To", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type", "Date",
    }  # fmt: skip
    assert "\n" not in message["Subject"]
    text, page = parts(message)
    assert "<script" not in page
    assert "\u202e" not in text + page
    assert len(text) < 2500


@pytest.mark.parametrize(
    ("owner", "address"),
    [
        (None, "lead@example.com"), ("M0", "zero@example.com"), ("kim", "kim@cs.example.com"),
        ("kim.lee+cs", "kim.lee+cs@cs.example.com"), ("Kim Lee", "lead@example.com"), ("a@b", "lead@example.com"),
        ("kim>,<all", "lead@example.com"), ("kim\r\nBcc: x", "lead@example.com"), ("..", "lead@example.com"),
        ("ü", "lead@example.com"), ("k" * 65, "lead@example.com"), ("-k", "lead@example.com"),
    ],
)  # fmt: skip
def test_addresses(owner: str | None, address: str) -> None:
    keys = SmtpDestination(
        kind="smtp", host="mail.example.com", sender="churn@example.com", fallback="lead@example.com",
        owners={"M0": "zero@example.com"}, pattern="{owner}@cs.example.com",
    )  # fmt: skip
    assert smtp.address_of(keys, owner) == address


# ------------------------------------------------------------------------------------------------------ connections


def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"churn", b"pa:ss word"), handled=False)


@pytest.fixture(params=["starttls", "implicit"])
def secure(place: Any, mailbox: Mailbox, certificates: Any, request: Any) -> Iterator[Any]:
    """The place, with a mail server that demands encryption and a password."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.file, certificates.key)
    how: dict[str, Any] = {"authenticator": login, "auth_required": True}
    if request.param == "starttls":
        how |= {"tls_context": context, "require_starttls": True}
    else:
        how |= {"ssl_context": context, "auth_require_tls": False}
    os.environ["MAIL_PASSWORD"] = "pa:ss word"
    for port in serving(mailbox, **how):
        place.destinations["owners"] = {
            "kind": "smtp", "host": "127.0.0.1", "port": port, "tls": request.param, "sender": "churn@example.com",
            "fallback": "lead@example.com", "user": "churn", "password": "${MAIL_PASSWORD}",
            "ca_file": str(certificates.file), "timeout_seconds": 5,
        }  # fmt: skip
        yield place


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_encrypted_and_logged_in(secure: Any, mailbox: Mailbox, make_row: Any) -> None:
    secure.publish(make_row(1))
    receipt = send(secure)
    assert receipt.status == "delivered", receipt.message
    assert mailbox.addresses() == ["lead@example.com"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_wrong_password_is_told_and_not_repeated(secure: Any, mailbox: Mailbox, make_row: Any) -> None:
    os.environ["MAIL_PASSWORD"] = "another word"
    secure.publish(make_row(1))
    receipt = send(secure)
    assert (receipt.status, receipt.temporary) == ("failed", False)
    assert "refuses user and password (535)" in str(receipt.message)
    assert "another word" not in str(receipt)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_an_unknown_certificate_is_refused(secure: Any, mailbox: Mailbox, make_row: Any) -> None:
    del secure.destinations["owners"]["ca_file"]
    secure.publish(make_row(1))
    receipt = send(secure)
    assert (receipt.status, receipt.temporary) == ("failed", False)
    assert "cannot be trusted" in str(receipt.message)
    assert mailbox.taken == []


def test_a_server_without_encryption_gets_nothing(post: Any, mailbox: Mailbox, make_row: Any) -> None:
    post.destinations["owners"]["tls"] = "starttls"
    post.publish(make_row(1))
    receipt = send(post)
    assert receipt.status == "failed"
    assert "STARTTLS" in str(receipt.message)
    assert mailbox.taken == []


def test_nobody_there(post: Any, make_row: Any) -> None:
    post.destinations["owners"]["port"] = 1
    post.publish(make_row(1))
    receipt = send(post)
    assert (receipt.status, receipt.temporary) == ("failed", True)
    assert "smtp://127.0.0.1:1 cannot be reached" in str(receipt.message)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"host": "mail.example.com"}, "tls: none is for a server on this machine only"),
        ({"user": "churn"}, "give both user and password"),
        ({"sender": "churn@example.com\nBcc: all@example.com"}, "is no address"),
        ({"pattern": "all@{owner}"}, "give a pattern"),
        ({"password": "plain"}, "password holds a key in plain text"),
    ],
)
def test_keys_that_do_not_fit(post: Any, keys: dict[str, Any], said: str) -> None:
    post.destinations["owners"] |= keys
    with pytest.raises(ChurnError, match=said):
        post.config()
