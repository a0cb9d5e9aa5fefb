"""Mail and services of Apprise: what arrives, and what a receiver's answer comes to."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from consumers.notify import apprise_service, smtp_server
from consumers.notify.channels import send
from consumers.notify.mail import mail_of
from consumers.notify.message import Message, digest_of
from consumers.notify.outcome import Failed, Sending
from ledger.settings import AppriseChannel, MailChannel
from tests.harness.raw_receiver import (
    Behaviour,
    RawReceiver,
    drip,
    endless,
    raw_receiver,
    say,
)
from tests.harness.receiver import Receiver, receiver
from tests.harness.smtp import Mailbox, mailbox
from tests.harness.tls import made

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
BY = Sending("https://ledger.example", AT)
OK = b"HTTP/1.1 200 OK\r\n"
HOSTILE = "<b>Leak</b> @everyone [here](http://evil.example) *bold* `code`"
MESSAGE = Message(
    key="0c8ff4f8-4a2e-5b0f-9a59-2f0d1c5f5c11",
    about="incident_opened",
    reference="INC-7",
    stream="incident/1",
    system="chat",
    severity="critical",
    title=HOSTILE,
    at=AT,
    subject="INC-7 incident opened (Critical, chat)",
    link="https://ledger.example/incidents/1",
    began_at=AT,
    recorded_at=AT,
    acknowledge="https://ledger.example/acknowledge/secret",
)


def mail_channel(box: Mailbox, **given: Any) -> MailChannel:
    settings = {
        "kind": "mail",
        "server": "127.0.0.1",
        "port": box.port,
        "security": "none",
        "sender": "ledger@company.example",
        "receivers": ("risk@company.example", "head@company.example"),
    }
    return MailChannel(**{**settings, **given})


def at(server: RawReceiver) -> Mailbox:
    """Where a server of bytes listens."""
    box = Mailbox()
    box.port = urlsplit(server.url).port or 0
    return box


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as listening:
        yield listening


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """One that takes mail after STARTTLS and a log-in alone; its certificate is trusted."""
    certificate, key = made(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mailbox(context) as listening:
        yield listening


class TestMail:
    """What an SMTP server gets."""

    def test_a_mail_is_plain_text_with_the_key_as_its_id(self, box: Mailbox) -> None:
        sent = send(mail_channel(box), MESSAGE, BY)
        assert "250, id 4FzJ" == sent.receipt
        [(sender, receivers, mail)] = box.got
        assert ("ledger@company.example", 2) == (sender, len(receivers))
        assert f"<{MESSAGE.key}@company.example>" == mail["message-id"]
        assert MESSAGE.subject == mail["subject"]
        assert ("text/plain", "auto-generated") == (mail.get_content_type(), mail["auto-submitted"])
        text = mail.get_content()
        assert MESSAGE.subject in text
        assert HOSTILE in text
        assert str(MESSAGE.link) in text
        assert str(MESSAGE.acknowledge) in text

    def test_every_try_has_the_same_id(self, box: Mailbox) -> None:
        box.answer = lambda number: "451 4.3.0 Try again" if number == 1 else "250 Ok"
        with pytest.raises(Failed, match="DATA was answered 451"):
            send(mail_channel(box), MESSAGE, BY)
        send(mail_channel(box), MESSAGE, BY)
        assert 1 == len(box.got)

    def test_one_refused_receiver_is_said_and_all_of_them_are_a_failure(self, box: Mailbox) -> None:
        box.refuse = {"head@company.example"}
        assert send(mail_channel(box), MESSAGE, BY).receipt.endswith("1 of 2 refused")
        box.refuse.add("risk@company.example")
        with pytest.raises(Failed, match="every receiver was refused: 550"):
            send(mail_channel(box), MESSAGE, BY)

    def test_it_logs_in_after_starttls_where_the_channel_has_a_user(self, secure: Mailbox) -> None:
        asks = mail_channel(secure, security="starttls", user="ledger", secret="pass")
        send(asks, MESSAGE, BY)
        assert [("ledger", "pass")] == secure.logged_in
        without = mail_channel(secure, security="starttls")
        with pytest.raises(Failed, match="530"):
            send(without, MESSAGE, BY)

    def test_a_server_without_tls_is_told_no_password(self, box: Mailbox) -> None:
        asks = mail_channel(box, security="starttls", user="ledger", secret="pass")
        with pytest.raises(Failed, match=r"^the server has no STARTTLS: set security"):
            send(asks, MESSAGE, BY)
        assert [] == box.got

    def test_a_server_that_nobody_vouches_for_is_told_no_password(
        self, secure: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        asks = mail_channel(secure, security="starttls", user="ledger", secret="pass")
        with pytest.raises(Failed, match=r"^its certificate is not trusted: set SSL_CERT_FILE"):
            send(asks, MESSAGE, BY)
        assert [] == secure.logged_in

    def test_nobody_there_is_a_failure_that_names_no_address(self) -> None:
        with closing(socket.socket()) as bound:
            bound.bind(("127.0.0.1", 0))
            box = Mailbox()
            box.port = bound.getsockname()[1]
            with pytest.raises(Failed) as failed:
                send(mail_channel(box), MESSAGE, BY)
        assert failed.value.reason.startswith("the connection was refused: check host and port")

    def test_a_digest_is_one_mail(self, box: Mailbox) -> None:
        parts = [MESSAGE._replace(acknowledge=None, reference=f"INC-{n}") for n in (1, 2)]
        send(mail_channel(box), digest_of("k", parts, BY.source), BY)
        [got] = box.got
        assert "airledger: 2 notices" == got.mail["subject"]
        assert 2 == got.mail.get_content().count(HOSTILE)

    @pytest.mark.parametrize("word", [HOSTILE, "é" * 40])
    def test_it_is_ascii_whatever_its_texts_are(self, box: Mailbox, word: str) -> None:
        subject = f"{MESSAGE.subject} {word}"
        message = MESSAGE._replace(title=word, subject=subject)
        assert mail_of(mail_channel(box), message, BY).as_bytes().isascii()
        send(mail_channel(box), message, BY)
        [got] = box.got
        assert subject == got.mail["subject"]
        assert word in got.mail.get_content()

    @pytest.mark.parametrize(
        ("said", "receipt"),
        [
            ("250 Ok: queued as pass-word.7", "250"),
            ("250 Thanks for: Leak @everyone", "250"),
            ("250 2.0.0 Ok: queued as <x>", "250"),
            ("250 Ok queued as Q7.", "250, id Q7"),
        ],
    )
    def test_a_receipt_repeats_nothing_that_was_sent(
        self, box: Mailbox, said: str, receipt: str
    ) -> None:
        box.answer = lambda _: said
        assert receipt == send(mail_channel(box, secret="pass-word.7"), MESSAGE, BY).receipt

    def test_a_log_in_may_have_any_characters(self, secure: Mailbox) -> None:
        asks = mail_channel(secure, security="starttls", user="jürgen", secret="größe€")
        send(asks, MESSAGE, BY)
        assert [("jürgen", "größe€")] == secure.logged_in

    def test_a_log_in_where_there_is_none_says_what_to_do(self) -> None:
        with raw_receiver(say(b"220 hi\r\n250 hi\r\n"), reads=False) as plain:
            asks = mail_channel(at(plain), user="ä", secret="ö")
            with pytest.raises(Failed, match=r"^the server takes no log-in here: leave user"):
                send(asks, MESSAGE, BY)

    @pytest.mark.parametrize("server", ["smtp..x", f"{'a' * 70}.example"])
    def test_a_name_that_is_none_is_a_failure(self, box: Mailbox, server: str) -> None:
        with pytest.raises(Failed, match=r"^the name of the host is not valid: check it"):
            send(mail_channel(box, server=server), MESSAGE, BY)

    @pytest.mark.parametrize(
        ("security", "talk"),
        [("none", b"220-x\r\n" * 99), ("tls", b"\x16\x03\x03\x3f\xff\x02" + bytes(99))],
        ids=["lines", "one record of TLS"],
    )
    def test_a_server_that_talks_for_ever_is_cut(
        self, monkeypatch: pytest.MonkeyPatch, security: str, talk: bytes
    ) -> None:
        monkeypatch.setattr(smtp_server, "WHOLE_SECONDS", 0.3)
        with (
            raw_receiver(drip(talk, 0.05), reads=False) as talking,
            pytest.raises(Failed, match=r"^no answer in time"),
        ):
            send(mail_channel(at(talking), security=security), MESSAGE, BY)

    def test_a_server_that_talks_without_an_end_is_left(self) -> None:
        with (
            raw_receiver(say(b"220-x\r\n" * 99_999), reads=False) as talking,
            pytest.raises(Failed, match=r"^the server answers without an end"),
        ):
            send(mail_channel(at(talking)), MESSAGE, BY)


class TestApprise:
    """What a service gets; Apprise's own kind `json` posts to an address."""

    def channel(self, told: Receiver) -> AppriseChannel:
        return AppriseChannel(kind="apprise", url=told.url.replace("http:", "json:"))

    def test_nothing_in_a_title_is_markup_and_our_links_are_whole(self) -> None:
        with receiver() as told:
            told.answer = lambda _: 200
            assert "taken by JSON" == send(self.channel(told), MESSAGE, BY).receipt
            [got] = told.got
            body = json.loads(got.body)
        assert MESSAGE.subject == body["title"]
        title = body["message"].splitlines()[0]
        assert not set("@<>[]*`") & set(title)
        assert "everyone" in title
        assert f"\n{MESSAGE.link}\n" in body["message"]
        assert str(MESSAGE.acknowledge) in body["message"]

    def test_a_service_that_refuses_is_a_failure_without_its_address(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with receiver() as told:
            told.answer = lambda _: 500
            with pytest.raises(Failed) as failed:
                send(self.channel(told), MESSAGE, BY)
        said = "the service did not take it: status 500: it failed by itself: see its log"
        assert said == failed.value.reason
        unknown = AppriseChannel(kind="apprise", url="nosuch://token-of-mine/room")
        with pytest.raises(Failed, match="does not know"):
            send(unknown, MESSAGE, BY)
        printed = "".join(capfd.readouterr())
        assert "127.0.0.1" not in printed
        assert "token-of-mine" not in printed

    @pytest.mark.parametrize(
        ("behave", "reason"),
        [
            (drip(OK + b"content-length: 99\r\n\r\nx", 0.05), "no answer in time"),
            (endless, "its answer is too long"),
            (say(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n"), "status 401: it does not"),
        ],
        ids=["hangs", "has no end", "refuses"],
    )
    def test_a_service_is_bounded_in_time_and_size(
        self, monkeypatch: pytest.MonkeyPatch, behave: Behaviour, reason: str
    ) -> None:
        if reason == "no answer in time":
            monkeypatch.setattr(apprise_service, "SERVICE_SECONDS", 2)
        with raw_receiver(behave) as told:
            channel = AppriseChannel(kind="apprise", url=told.url.replace("http:", "json:"))
            with pytest.raises(Failed, match=reason):
                send(channel, MESSAGE, BY)
            assert len(told.got) < 2

    def test_a_service_that_redirects_leads_nowhere(self) -> None:
        with receiver() as other:
            answer = f"HTTP/1.1 307 No\r\nlocation: {other.url}\r\ncontent-length: 0\r\n\r\n"
            with raw_receiver(say(answer.encode())) as told:
                channel = AppriseChannel(kind="apprise", url=told.url.replace("http:", "json:"))
                with pytest.raises(Failed, match="it redirects, which is not followed"):
                    send(channel, MESSAGE, BY)
            assert [] == other.got
