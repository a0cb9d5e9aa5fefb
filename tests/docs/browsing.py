"""What a page has a person do in the browser, done as the browser does it.

The person opens a one-time link, then the page of the server, and sends its form of that name with
what is typed. Run as a program beside a server, whose address is in URL and whose data directory in
HOST_DIR: `browsing PERSON PAGE FORM NAME=VALUE ...`.
"""

import json
import os
import re
import subprocess
import sys
from html import unescape
from urllib.parse import urlsplit

import httpx

_AWAY = {"AIRLEDGER_URL", "AIRLEDGER_TOKEN"}
_FORM = re.compile(r'<form class="command"[^>]*>')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def browse(person: str, page: str, form: str, typed: dict[str, str]) -> None:
    """Sends a form of a page as a person who is logged in by a link. Raises RuntimeError."""
    with httpx.Client(base_url=os.environ["URL"], trust_env=False, timeout=30) as browser:
        token = urlsplit(_link(person)).fragment.removeprefix("token=")
        _require(browser.post("/login", data={"token": token, "next": page}), 303)
        shown = _require(browser.get(page, headers={"Accept": "text/html"}), 200).text
        action, unseen = form_of(shown, form)
        sent = browser.post(action, data={**unseen, **typed})
        _require(sent, 303)
        _require(browser.get(sent.headers["location"]), 200)


def form_of(page: str, name: str) -> tuple[str, dict[str, str]]:
    """Where a form of a page is sent, and what it sends along unseen. Raises RuntimeError."""
    for found in _FORM.finditer(page):
        if f'data-form="{name}"' in found[0]:
            action = re.search(r'action="([^"]+)"', found[0])
            inside = page[found.end() : page.index("</form>", found.end())]
            hidden = {key: unescape(value) for key, value in _HIDDEN.findall(inside)}
            return unescape(action[1] if action else ""), hidden
    raise RuntimeError(f"the page has no form {name!r}")


def _link(person: str) -> str:
    """A one-time link, as the ledger's host makes it."""
    command = ["airledger", "session", "link", person, "--scope", "operate", "--json"]
    on_host = {name: of for name, of in os.environ.items() if name not in _AWAY}
    on_host["AIRLEDGER_DATA_DIR"] = os.environ["HOST_DIR"]
    made = subprocess.run(command, env=on_host, stdout=subprocess.PIPE, check=True)
    return str(json.loads(made.stdout)["url"])


def _require(answer: httpx.Response, status: int) -> httpx.Response:
    if answer.status_code != status:
        raise RuntimeError(f"{answer.request.url} was answered {answer.status_code}: {answer.text}")
    return answer


if __name__ == "__main__":
    who, where, what, *fields = sys.argv[1:]
    browse(who, where, what, dict(each.split("=", 1) for each in fields))
