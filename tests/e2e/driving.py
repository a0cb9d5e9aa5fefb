"""A Chromium that is driven, one for all tests of a process: a width of its own, questions to the
page, keys and pictures.

It speaks the DevTools protocol over two pipes (https://chromedevtools.github.io/devtools-protocol).
"""

import atexit
import base64
import json
import os
import subprocess
import time
from contextlib import suppress
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from tests.components import require
from tests.e2e.browser import FLAGS, LOADS_WITHIN_SECONDS, Document

HELD = "Fetch.requestPaused"
READS, WRITES = 3, 4
"""Where Chromium looks for its pipes."""


class PageMoved(AssertionError):
    """The page went to another address while it was asked, or the question was wrong."""


class Chromium:
    """A running Chromium, which all tests of a process share; it ends with the process."""

    def __init__(self) -> None:
        self._directory = TemporaryDirectory(prefix="chromium", ignore_cleanup_errors=True)
        to_read, self._send = os.pipe()
        receive, to_write = os.pipe()
        shell = f'exec "$0" "$@" {READS}<&{to_read} {WRITES}>&{to_write}'
        options = ("--remote-debugging-pipe", f"--user-data-dir={self._directory.name}")
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", shell, str(require("chromium")), *FLAGS, *options, "about:blank"],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._answers = os.fdopen(receive, "rb")
        self._asked = 0
        self.events: list[dict[str, Any]] = []
        """What it told of held requests, of whatever tab."""
        atexit.register(self.end)

    @property
    def runs(self) -> bool:
        """Whether it may be asked."""
        return self._process.poll() is None

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Has it do something, in a tab's session or as a whole; the result. Raises PageMoved."""
        self._asked += 1
        message: dict[str, Any] = {"id": self._asked, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self._asked:
                if "error" in answer:
                    raise PageMoved(str(answer))
                result: dict[str, Any] = answer["result"]
                return result
            if answer.get("method", "").startswith("Fetch."):
                self.events.append(answer)

    def read(self) -> dict[str, Any]:
        """The next message."""
        found = bytearray()
        while not found.endswith(b"\0"):
            byte = self._answers.read(1)
            assert byte, "Chromium went away"
            found += byte
        answer: dict[str, Any] = json.loads(found[:-1])
        return answer

    def end(self) -> None:
        """Ends it, and forgets all that it kept."""
        self._process.terminate()
        self._process.wait(LOADS_WITHIN_SECONDS)
        self._answers.close()
        os.close(self._send)
        self._directory.cleanup()


_running: list[Chromium] = []


def _chromium() -> Chromium:
    """The Chromium of this process, started by who asks first."""
    if not _running or not _running[-1].runs:
        _running.append(Chromium())
    return _running[-1]


class Driven:
    """One tab that knows nothing from before: cookies and storage are its own, until it is closed.

    A tab has a browser context of its own, as a private window has.
    """

    def __init__(self, *, zone: str = "UTC") -> None:
        self._chromium = _chromium()
        context = self._chromium.call("Target.createBrowserContext")
        self._context = context["browserContextId"]
        target = self._chromium.call(
            "Target.createTarget", url="about:blank", browserContextId=self._context
        )
        attached = self._chromium.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session: str = attached["sessionId"]
        self._call("Emulation.setTimezoneOverride", timezoneId=zone)

    def look(self, *, width: int, height: int = 900, dark: bool = False, media: str = "") -> None:
        """The size of what people see, in CSS pixels, and the colours that they prefer."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def open(self, url: str) -> None:
        """Goes to an address, and waits until the page and those that it leads to are there."""
        self._call("Page.navigate", url="about:blank")
        self.until("location.href === 'about:blank'")
        self._call("Page.navigate", url=url)
        self.until(
            "document.readyState === 'complete' && location.href !== 'about:blank'"
            " && !location.hash.startsWith('#token=')"
            " && !document.getElementById('login')?.elements.token.value"  # it is being sent
        )

    def ask(self, expression: str) -> Any:
        """What an expression comes to in the page."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, code: int, text: str = "", *, shift: bool = False) -> None:
        """A key, down and up."""
        what = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 * shift}
        self._call("Input.dispatchKeyEvent", type="keyDown", text=text, **what)
        self._call("Input.dispatchKeyEvent", type="keyUp", **what)

    def write(self, text: str) -> None:
        """Text into what has the focus, as an input method gives it."""
        self._call("Input.insertText", text=text)

    def click(self, element: str, times: int = 1) -> None:
        """So many clicks in a row on the middle of an element, by its selector."""
        box = self.ask(
            f"(() => {{ const each = document.querySelector({json.dumps(element)});"
            " each.scrollIntoView({block: 'center'}); const at = each.getBoundingClientRect();"
            " return [at.x + at.width / 2, at.y + at.height / 2]; })()"
        )
        what = {"x": box[0], "y": box[1], "button": "left"}
        for count in range(1, times + 1):
            for kind in ("mousePressed", "mouseReleased"):
                self._call("Input.dispatchMouseEvent", type=kind, clickCount=count, **what)

    def cookie(self, name: str) -> str:
        """A cookie of the page's server."""
        for each in self._call("Network.getCookies")["cookies"]:
            if each["name"] == name:
                return str(each["value"])
        raise AssertionError(f"there is no cookie {name}")

    def set_cookie(self, url: str, name: str, value: str) -> None:
        """Another value of a cookie, as a log-in in another tab sets it."""
        self._call(
            "Network.setCookie", url=url, name=name, value=value, httpOnly=True, sameSite="Strict"
        )

    def lose_answer(self, path: str) -> None:
        """Loses the answer to the next request whose path ends so: the server has done its work."""
        found = [{"urlPattern": f"*{path}", "requestStage": "Response"}]
        self._call("Fetch.enable", patterns=found)

    def await_lost_answer(self) -> None:
        """Waits until that answer came, and loses it."""
        held = self._chromium.events
        while True:
            for event in held:
                if (event.get("method"), event.get("sessionId")) == (HELD, self._session):
                    lost = event["params"]["requestId"]
                    self._call("Fetch.failRequest", requestId=lost, errorReason="ConnectionReset")
                    self._call("Fetch.disable")
                    held.clear()
                    return
            held.append(self._chromium.read())

    def picture(self) -> bytes:
        """The whole page as a PNG."""
        shot = self._call("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._chromium.call("Target.disposeBrowserContext", browserContextId=self._context)

    def until(self, condition: str) -> None:
        """Waits for a condition in the page."""
        deadline = time.monotonic() + LOADS_WITHIN_SECONDS
        while time.monotonic() < deadline:
            with suppress(PageMoved):
                if self.ask(condition):
                    return
            time.sleep(0.02)
        raise AssertionError(f"the page never came to {condition}: {self.ask('location.href')}")

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._chromium.call(method, self._session, **params)


def document_at(url: str) -> Document:
    """The document behind an address, after its scripts and the pages that they lead to.

    It is opened in a tab that knows nothing from before.
    """
    with Driven() as tab:
        tab.open(url)
        return Document(str(tab.ask("document.documentElement.outerHTML")))
