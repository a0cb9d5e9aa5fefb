"""The result of a form: said once on the page that it leads to, and only to who sent it."""

import hashlib
import hmac
from typing import Any

from litestar import Request

from consumers.web.sessions import cookie_in
from ledger.domain.catalogue import STREAMS

DONE = "done"
_PROOF_CHARACTERS = 32
_OPENED = {
    **{kind.plural: each for kind in STREAMS for each, of in kind.commands.items() if of.opens},
    "policy": "adopt",
}
"""What the form of a list does: that which opens one."""


def result_query(request: Request[Any, Any, Any]) -> str:
    """The query by which the next page knows what the request's form did; empty without a session.

    It proves that the session's own form led there: no link of others can say so.
    """
    name = _name(request.url.path)
    proof = _proof(request, name)
    return f"{DONE}={name}.{proof}" if proof else ""


def result_of(request: Request[Any, Any, Any]) -> str:
    """What was done by the form that led to this page, in words; empty where none did."""
    name, _, proof = request.query_params.get(DONE, "").rpartition(".")
    expected = _proof(request, name) if name else ""
    if not expected or not hmac.compare_digest(proof.encode(), expected.encode()):
        return ""
    return name.replace("-", " ").capitalize().replace("Rca", "RCA")


def _name(path: str) -> str:
    """What a form's route does, from its path: /incidents/INC-6/rca/start is rca-start."""
    parts = path.strip("/").split("/")
    if parts[0] == "roles" or parts[:2] == ["policy", "proposals"]:
        return parts[-1]
    return "-".join(parts[2:]) or _OPENED.get(parts[0], "send")


def _proof(request: Request[Any, Any, Any], name: str) -> str:
    cookie = cookie_in(request.scope["headers"])
    if cookie is None:
        return ""
    made = hmac.new(cookie.encode(), f"done {name}".encode(), hashlib.sha256)
    return made.hexdigest()[:_PROOF_CHARACTERS]
