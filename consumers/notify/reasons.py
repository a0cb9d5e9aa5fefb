"""Why a try failed, in words that say what to do; they quote nothing from outside.

Sources: OpenSSL, x509_vfy.h (codes of certificates that are not trusted), RFC 9110 section 15
(status codes).
"""

import ssl
import traceback
from collections.abc import Iterable, Mapping

import structlog

from consumers.notify.apprise_child import causes_of, names_of

log = structlog.get_logger(__name__)

NO_ANSWER = "no answer in time: see whether the receiver runs, and whether a firewall is between"
_NO_CONNECTION = "no connection could be made: check host and port, and the network of this host"
_CAUSES: Mapping[str, str] = {
    "gaierror": "the name of the host was not found: check it, and the DNS of this host",
    "UnicodeError": "the name of the host is not valid: check it for two dots in a row, "
    "or a part of more than 63 characters",
    "InvalidURL": "the address is not valid: check url",
    "UnsupportedProtocol": "the address is not valid: check url",
    "ConnectionRefusedError": "the connection was refused: check host and port, and whether the "
    "receiver runs",
    "SSLCertVerificationError": "its certificate is not trusted: set SSL_CERT_FILE to a file with "
    "the certificate of its authority",
    "SSLError": "no TLS could be agreed on: check the port, and whether the receiver has TLS there",
    "TimeoutError": NO_ANSWER,
    "Timeout": NO_ANSWER,
    "TimeoutException": NO_ANSWER,
    "ConnectionResetError": "the connection was cut: check the port, and what stands between",
    "BrokenPipeError": "the connection was cut: check the port, and what stands between",
    "SMTPServerDisconnected": "the server closed the connection: check port and security",
    "RemoteProtocolError": "the answer is not HTTP, or broke off: check the port",
    "ProtocolError": "the answer is not HTTP, or broke off: check the port",
    "RedirectedError": "it redirects, which is not followed: write the new address",
    "TooLongError": "its answer is too long: check the address",
    "FileNotFoundError": "the certificates to trust cannot be read: check SSL_CERT_FILE",
    "PermissionError": "the certificates to trust cannot be read: check SSL_CERT_FILE",
}
"""By the name of an error's class."""
_CERTIFICATES: Mapping[int, str] = {
    9: "its certificate is not valid yet: check the clock of this host",
    10: "its certificate has expired: renew it there",
    62: "its certificate is for another name: use the name that it is for",
    64: "its certificate is for another address: use the name that it is for",
}
_STATUSES: Mapping[int, str] = {
    400: "it refused the request: check what it takes",
    401: "it does not accept who asks: check headers and secret",
    403: "who asks may not do that: check headers and secret",
    404: "nothing is there: check url",
    405: "it takes no POST there: check url",
    407: "a proxy stands between, which asks for a log-in",
    410: "nothing is there any more: check url",
    413: "the body is too large for it",
    415: "it does not take such a body: give it a body of its own",
    422: "it refused the request: check what it takes",
    429: "too many requests: it takes later ones",
}
_OF_SERVER = 500
_REDIRECTIONS = range(300, 400)


def reason_of(error: BaseException) -> str:
    """Why a request failed, by the error that it raised; else the name of the error's class."""
    causes = causes_of(error)
    for each in causes:
        if isinstance(each, ssl.SSLCertVerificationError) and each.verify_code in _CERTIFICATES:
            return _CERTIFICATES[each.verify_code]
    if (reason := reason_by(names_of(error))) is not None:
        return reason
    is_of_network = any(isinstance(each, OSError) for each in causes)
    return _NO_CONNECTION if is_of_network else type(error).__name__


def reason_by(names: Iterable[str]) -> str | None:
    """The same by the names of classes, the deepest cause's first; None where none is known."""
    return next((_CAUSES[name] for name in names if name in _CAUSES), None)


def reason_by_status(status: int, meanings: Mapping[int, str] = _STATUSES) -> str:
    """What an answer's status that is not of success says."""
    if status in _REDIRECTIONS:
        return f"status {status}: {_CAUSES['RedirectedError']}"
    meaning = meanings.get(status)
    if status >= _OF_SERVER:
        meaning = "it failed by itself: see its log"
    return f"status {status}: {meaning}" if meaning else f"status {status}"


def unexpected(error: Exception) -> str:
    """The reason of what no way of sending should raise, which is logged.

    Where it happened is logged and its text is not, for that may name an address or a secret.
    """
    name = type(error).__name__
    trace = "".join(traceback.format_tb(error.__traceback__))
    log.error("sending_raised", error=name, trace=trace)
    return f"{name}: an error of airledger; see the line sending_raised of its log"
