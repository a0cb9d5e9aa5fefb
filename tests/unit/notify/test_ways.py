"""Mail and services of Apprise: what arrives, and what a receiver's answer comes to."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consumers.notify.channels import send
from consumers.notify.message import Message, digest_of
from consumers.notify.outcome import Failed, Sending
from ledger.settings import AppriseChannel, MailChannel
from tests.harness.receiver import Receiver, receiver
from tests.harness.smtp import Mailbox, mailbox
from tests.harness.tls import made

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
BY = Sending("https://ledger.example", AT)
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
        assert "250 2.0.0 Ok: queued as 4FzJ" == sent.receipt
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
        with pytest.raises(Failed, match="SMTPNotSupportedError"):
            send(asks, MESSAGE, BY)
        assert [] == box.got

    def test_a_server_that_nobody_vouches_for_is_told_no_password(
        self, secure: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        asks = mail_channel(secure, security="starttls", user="ledger", secret="pass")
        with pytest.raises(Failed, match="SSLCertVerificationError"):
            send(asks, MESSAGE, BY)
        assert [] == secure.logged_in

    def test_nobody_there_is_a_failure_that_names_no_address(self) -> None:
        with closing(socket.socket()) as bound:
            bound.bind(("127.0.0.1", 0))
            box = Mailbox()
            box.port = bound.getsockname()[1]
            with pytest.raises(Failed) as failed:
                send(mail_channel(box), MESSAGE, BY)
        assert "ConnectionRefusedError" == failed.value.reason

    def test_a_digest_is_one_mail(self, box: Mailbox) -> None:
        parts = [MESSAGE._replace(acknowledge=None, reference=f"INC-{n}") for n in (1, 2)]
        send(mail_channel(box), digest_of("k", parts, BY.source), BY)
        [got] = box.got
        assert "airledger: 2 notices" == got.mail["subject"]
        assert 2 == got.mail.get_content().count(HOSTILE)


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
        assert "the service did not take it" == failed.value.reason
        unknown = AppriseChannel(kind="apprise", url="nosuch://token-of-mine/room")
        with pytest.raises(Failed, match="does not know"):
            send(unknown, MESSAGE, BY)
        said = capfd.readouterr()
        assert "127.0.0.1" not in said.out + said.err
        assert "token-of-mine" not in said.out + said.err
