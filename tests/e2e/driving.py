"""A Chromium that is driven: a width of its own, questions to the page, keys and pictures.

It speaks the DevTools protocol over two pipes (https://chromedevtools.github.io/devtools-protocol).
"""

import base64
import json
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.components import require
from tests.e2e.browser import FLAGS, LOADS_WITHIN_SECONDS

READS, WRITES = 3, 4
"""Where Chromium looks for its pipes."""


class PageMoved(AssertionError):
    """The page went to another address while it was asked, or the question was wrong."""


class Driven:
    """One tab of one Chromium, until it is closed."""

    def __init__(self, directory: Path, *, zone: str = "UTC") -> None:
        to_read, self._send = os.pipe()
        self._receive, to_write = os.pipe()
        shell = f'exec "$0" "$@" {READS}<&{to_read} {WRITES}>&{to_write}'
        options = ("--remote-debugging-pipe", f"--user-data-dir={directory}", "about:blank")
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", shell, str(require("chromium")), *FLAGS, *options],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._answers = os.fdopen(self._receive, "rb")
        self._asked = 0
        self._events: list[dict[str, Any]] = []
        self._session: str | None = None
        (target,) = (
            each["targetId"]
            for each in self._call("Target.getTargets")["targetInfos"]
            if each["type"] == "page"
        )
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
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
        while True:
            for event in self._events:
                if event.get("method") == "Fetch.requestPaused":
                    lost = event["params"]["requestId"]
                    self._call("Fetch.failRequest", requestId=lost, errorReason="ConnectionReset")
                    self._call("Fetch.disable")
                    self._events.clear()
                    return
            self._events.append(self._read())

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
        self._process.terminate()
        self._process.wait(LOADS_WITHIN_SECONDS)
        self._answers.close()
        os.close(self._send)

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
        self._asked += 1
        message: dict[str, Any] = {"id": self._asked, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._asked:
                if "error" in answer:
                    raise PageMoved(str(answer))
                result: dict[str, Any] = answer["result"]
                return result
            if answer.get("method", "").startswith("Fetch."):
                self._events.append(answer)

    def _read(self) -> dict[str, Any]:
        found = bytearray()
        while not found.endswith(b"\0"):
            byte = self._answers.read(1)
            assert byte, "Chromium went away"
            found += byte
        answer: dict[str, Any] = json.loads(found[:-1])
        return answer
