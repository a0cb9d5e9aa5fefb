"""A server's refusals (RFC 9457), as the errors that the same refusal raises on an open ledger."""

import httpx
import msgspec

from ledger import errors as e

PROBLEM = "application/problem+json"


class _Field(msgspec.Struct):
    field: str
    message: str


class _Problem(msgspec.Struct):
    detail: str
    code: str = ""
    rule: str = ""
    remedy: str = ""
    errors: list[_Field] = []


_PROBLEM = msgspec.json.Decoder(_Problem)
_BY_CODE: dict[str, type[e.LedgerError]] = {
    of.code: of
    for of in (
        *(e.NotFound, e.StaleVersion, e.Conflict, e.IdempotencyKeyReused, e.Unavailable),
        *(e.Overloaded, e.UnknownEvent, e.EventTooLarge, e.Fork, e.SettingsError),
    )
}
_AS_REFUSED = e.Refused
"""A refusal by a rule of the server's domain, which is the one that names rule and message."""
_LOG_IN = "Set AIRLEDGER_TOKEN, or run airledger login, with a token that is in use."


def as_error(url: str, answer: httpx.Response) -> e.LedgerError:
    """The error for an answer that is no success."""
    if answer.is_redirect:
        return e.SettingsError(
            f"{url} redirects to {answer.headers.get('location', 'another place')}.",
            remedy="Name the server's own URL (AIRLEDGER_URL, or airledger login).",
        )
    problem = _problem_of(answer)
    if answer.status_code == 401:
        return e.SettingsError(f"{url} does not accept the token.", remedy=_LOG_IN)
    if problem is None:
        if answer.status_code >= 500:
            return e.Unavailable(
                f"{url} answers with status {answer.status_code}.",
                remedy="Try again in a moment; look at the server's log.",
            )
        return not_airledger(url, f"it answers with status {answer.status_code}")
    return _error_of(url, answer.status_code, problem)


def not_airledger(url: str, why: str) -> e.SettingsError:
    """The error for what answers, and is no server of airledger, or one of another version."""
    return e.SettingsError(
        f"{url} does not answer as a server of airledger does: {why}.",
        remedy="Check the URL (AIRLEDGER_URL, or airledger login), with the path prefix of the "
        "server's pages, if it has one; and that the server is not older than this program.",
    )


def _error_of(url: str, status: int, problem: _Problem) -> e.LedgerError:
    if problem.rule and problem.code != e.IdempotencyKeyReused.code:
        return _AS_REFUSED(problem.rule, problem.detail, remedy=problem.remedy)
    if problem.code == e.Invalid.code:
        fields = [(each.field, each.message) for each in problem.errors]
        return e.Invalid(problem.detail, errors=fields, remedy=problem.remedy)
    if (of := _BY_CODE.get(problem.code)) is not None:
        return of(problem.detail, remedy=problem.remedy)
    if status == 403:
        return e.LedgerError(problem.detail, remedy="Use a token with that scope.")
    if status in (404, 405):
        return not_airledger(url, f"it has no such route ({problem.detail.rstrip('.')})")
    return e.LedgerError(f"{url} refuses it, with status {status}: {problem.detail}")


def _problem_of(answer: httpx.Response) -> _Problem | None:
    if not answer.headers.get("content-type", "").startswith(PROBLEM):
        return None
    try:
        return _PROBLEM.decode(answer.content)
    except msgspec.MsgspecError:
        return None
