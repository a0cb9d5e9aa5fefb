"""A certified OpenID provider from npm, started by node on loopback, with accounts of the test."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from tests.components import require
from tests.harness.process import until

SERVER = Path(__file__).parent / "npm_provider" / "server.mjs"
READY = re.compile(r"^ready (http://\S+)$", re.MULTILINE)
CLIENT, SECRET, PUBLIC_CLIENT = "airledger", "of a test: 50 % + enough", "airledger-public"
_CLIENT = {
    # A native client's loopback address is taken with any port (RFC 8252, section 7.3).
    "application_type": "native",
    "redirect_uris": ["http://127.0.0.1/login/callback"],
    "grant_types": ["authorization_code"],
    "response_types": ["code"],
}
CLIENTS = (
    {
        **_CLIENT,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "token_endpoint_auth_method": "client_secret_basic",
    },
    {**_CLIENT, "client_id": PUBLIC_CLIENT, "token_endpoint_auth_method": "none"},
)
STARTED_WITHIN_SECONDS = 30.0
_FORM = re.compile(r'<form[^>]* action="([^"]+)"')
_PROMPT = re.compile(r'name="prompt" value="([^"]+)"')


@contextmanager
def certified_provider(
    directory: Path, accounts: Mapping[str, Mapping[str, Any]], *, claims_in_id_token: bool = True
) -> Iterator[str]:
    """The issuer of a provider that runs; `accounts` are claims by log-in name."""
    installed = require("oidc-provider").parents[2]
    node = require("node")
    env = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "MODULES": str(installed),
        "CLIENTS": json.dumps(CLIENTS),
        "ACCOUNTS": json.dumps(accounts),
        "CLAIMS_IN_ID_TOKEN": json.dumps(claims_in_id_token),
    }
    log = directory / "provider.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [node, SERVER], env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )

    def says() -> re.Match[str] | None:
        assert process.poll() is None, log.read_text()
        return READY.search(log.read_text())

    try:
        until(lambda: says() is not None, "the provider listens", within=STARTED_WITHIN_SECONDS)
        ready = says()
        assert ready is not None
        yield ready[1]
    finally:
        process.terminate()
        process.wait(10)


def log_in(browser: httpx.Client, url: str, account: str) -> httpx.Response:
    """Follows a browser from `url` over the provider's pages, until a page of another host.

    `browser` keeps the cookies of both; the answer is that of the first address that is not of the
    provider, which the browser was sent back to.
    """
    host = httpx.URL(url).netloc
    answer = browser.get(url)
    for _ in range(20):
        if answer.is_redirect:
            url = urljoin(str(answer.url), answer.headers["location"])
            answer = browser.get(url)
            if httpx.URL(url).netloc != host:
                return answer
            continue
        form, prompt = _FORM.search(answer.text), _PROMPT.search(answer.text)
        assert form is not None, answer.text
        assert prompt is not None, answer.text
        fields = {"prompt": prompt[1], "login": account, "password": "any"}
        answer = browser.post(urljoin(str(answer.url), form[1]), data=fields)
    raise AssertionError(f"the provider did not send the browser back: {answer.text}")
