"""A person at a keyboard: what has the focus, where Tab leads, what Enter does."""

import json
from datetime import datetime

from tests.e2e.driving import Driven

TAB, ENTER, SPACE, ESCAPE = ("Tab", 9), ("Enter", 13), (" ", 32), ("Escape", 27)
RIGHT = ("ArrowRight", 39)
MOST_STOPS = 200


class Keyboard:
    """Keys alone, in a tab: no element is touched otherwise."""

    def __init__(self, tab: Driven) -> None:
        self.tab = tab

    def step(self) -> None:
        """Tab once."""
        self.tab.press(*TAB)

    def to(self, condition: str) -> int:
        """Tab until the element that has the focus, `e`, meets a condition; how many stops."""
        seen = []
        for stops in range(1, MOST_STOPS + 1):
            self.step()
            if self.tab.ask(f"(e => Boolean({condition}))(document.activeElement)"):
                return stops
            seen.append(self.tab.ask("document.activeElement.outerHTML.slice(0, 80)"))
        raise AssertionError(f"no Tab leads to {condition}: {seen[-12:]}")

    def follow(self, condition: str) -> None:
        """Enter on a link or button that meets a condition, and the page that it leads to."""
        self.to(condition)
        self.send()

    def follow_in_page(self, condition: str) -> None:
        """Enter on a button that meets a condition and leads to no other page."""
        self.to(condition)
        self.tab.press(*ENTER, text="\r")

    def send(self) -> None:
        """Enter, and the page that it leads to."""
        self.tab.ask("window.before = true")
        self.tab.press(*ENTER, text="\r")
        self.tab.until("!window.before && document.readyState === 'complete'")

    def unfold(self, command: str) -> None:
        """The form of a command, opened where it is not."""
        about = f"#act-{command.replace('/', '-')}"
        self.to(f"e.matches({json.dumps(about + ' > summary')})")
        if not self.tab.ask(f"document.querySelector({json.dumps(about)}).open"):
            self.tab.press(*ENTER, text="\r")
            self.tab.until(f"document.querySelector({json.dumps(about)}).open")

    def fill(self, **typed: str) -> None:
        """Fields of the form that comes next, in their order."""
        for name, text in typed.items():
            self.to(f"e.name === {json.dumps(name)}")
            if self.tab.ask("document.activeElement.tagName") == "SELECT":
                self.choose(text)
            elif self.tab.ask("document.activeElement.type") == "datetime-local":
                self.set_time(text)
            else:
                self.tab.write(text)

    def choose(self, label: str) -> None:
        """An option of the select that has the focus, by the beginning of its label."""
        for letter in label:
            self.tab.press(letter, ord(letter.upper()), text=letter)
        chosen = "document.activeElement.selectedOptions[0].label"
        self.tab.until(f"{chosen}.startsWith({json.dumps(label)})")

    def set_time(self, text: str) -> None:
        """A time ("2026-11-28T17:30") into the field that has the focus, part by part."""
        at = datetime.fromisoformat(text)
        for part in (f"{at:%m%d%Y}", f"{at:%I%M%p}"):
            for letter in part:
                self.tab.press(letter, ord(letter), text=letter)
            if part[-1].isdigit():
                self.tab.press(*RIGHT)
        self.tab.until(f"document.activeElement.value === {json.dumps(text)}")

    def record(self, command: str, **typed: str) -> None:
        """A command of the incident whose page is open: its form, filled in and sent."""
        self.unfold(command)
        self.fill(**typed)
        self.follow("e.type === 'submit' && !e.matches('.second')")
        words = command.replace("/", " ").capitalize().replace("Rca", "RCA")
        self.tab.until("document.activeElement.id === 'done'")
        assert f"Recorded: {words}." == self.tab.ask("document.activeElement.textContent")
