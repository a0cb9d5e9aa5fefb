"""Services that Apprise knows: Slack, Teams, Telegram, Matrix and more.

They take no key, so a try whose answer is lost is followed by another message. Each is sent by a
process of its own, which is ended where a service does not come to an end. Source: the
documentation of Apprise.
"""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from consumers.notify import apprise_child as child
from consumers.notify.message import Message
from consumers.notify.outcome import Failed, Sending, Sent
from consumers.notify.reasons import NO_ANSWER, reason_by, reason_by_status
from ledger.settings.notify import AppriseChannel

SERVICE_SECONDS = 30
"""For a message with all that a service asks for before it."""
ANSWER_BYTES = 256 * 1024
"""Of each answer over HTTP."""
PLAIN = str.maketrans("@<>[]*_~`|#\\", "＠＜＞［］＊＿～｀｜＃＼")  # noqa: RUF001 - meant
"""Characters of markup and mentions become the full-width ones, which no service acts on."""
_PROGRAM = (sys.executable, "-P", str(Path(child.__file__)))


def send_by_apprise(channel: AppriseChannel, message: Message, _: Sending) -> Sent:
    """Sends a message by a service. Raises Failed. Blocking."""
    answer = _answered(
        child.Task(
            url=channel.url,
            title=message.subject.translate(PLAIN),
            body=_body(message),
            seconds=SERVICE_SECONDS,
            answer_bytes=ANSWER_BYTES,
        )
    )
    if answer["came"] == child.TAKEN:
        return Sent(f"taken by {answer['service']}")
    if answer["came"] == child.NOT_KNOWN:
        raise Failed("Apprise does not know such an address: check url")
    raise Failed(_reason(answer))


def _answered(task: child.Task) -> child.Answer:
    """What the child says. Raises Failed where it was ended, or ended by itself."""
    try:
        ended = subprocess.run(  # noqa: S603 - a program of ours, and the address is no argument
            _PROGRAM,
            input=msgspec.json.encode(task),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # what interrupts the command does not interrupt the message
            timeout=SERVICE_SECONDS + 1,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(NO_ANSWER) from error
    try:
        return msgspec.json.decode(ended.stdout, type=child.Answer)
    except msgspec.DecodeError as error:
        said = NO_ANSWER if ended.returncode < 0 else "Apprise failed: check url"
        raise Failed(said) from error


def _reason(answer: child.Answer) -> str:
    if (reason := reason_by(answer["causes"])) is not None:
        return f"the service did not take it: {reason}"
    if answer["status"]:
        return f"the service did not take it: {reason_by_status(answer['status'])}"
    return "the service did not take it: check url"


def _body(message: Message) -> str:
    """The text without the subject, which is the title; links are ours and stay as they are."""
    if message.parts:
        return "\n\n".join(
            f"{part.subject.translate(PLAIN)}\n{_body(part)}" for part in message.parts
        )
    plain = message._replace(title=message.title.translate(PLAIN), subject="")
    return plain.text
