"""Signed bodies: HMAC-SHA256 with a secret that source and ledger share, as Grafana signs.

The signature is in hex, over the body alone or, where a timestamp header is agreed on, over the
seconds since 1970 in that header, a colon and the body. It is checked when a body arrives and never
again: a retry from quarantine repeats no check. Source: Grafana's documentation, "HMAC
signature"; its sender has a second default for the header's name.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ledger.errors import Invalid
from ledger.store.side_records import Signing

HEADERS = ("X-Grafana-Alerting-Signature", "X-Grafana-Alert-Signature")
"""The headers of a signature, unless the source names one."""
LONGEST_AGE = timedelta(minutes=5)
"""The largest distance of the signed time from the server's clock, on either side."""
SECONDS = re.compile(r"[0-9]{1,11}")
"""A time as signatures have it: seconds since 1970."""
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


class SignatureError(Exception):
    """The reason why a body's signature is refused."""


def parse_signing(secret: str, header: str, timestamp_header: str) -> Signing:
    """Parses how a source signs. Raises Invalid for an empty secret or an invalid header name."""
    if not secret:
        raise Invalid("The HMAC secret is empty.", remedy="Write it into the file, on one line.")
    for name in (header, timestamp_header):
        if name and _HEADER.fullmatch(name) is None:
            raise Invalid(
                f"{name!r} is no name of an HTTP header.",
                errors=[("header", "expected letters, digits and hyphens")],
            )
    return Signing(secret=secret, header=header, timestamp_header=timestamp_header)


def require_signed(
    signing: Signing, headers: Mapping[str, str], body: bytes, *now: datetime
) -> None:
    """Raises SignatureError for a signature that is missing, wrong or too old.

    `now` is every time that it may be (UTC): a signature that is fresh at one of them is valid.
    """
    names = (signing.header,) if signing.header else HEADERS
    name, given = next(((n, headers[n]) for n in names if n in headers), (names[0], None))
    if given is None:
        raise SignatureError(f"No signature: {_expected(signing, name)}.")
    timestamp = _timestamp(signing, headers)
    signed = body if timestamp is None else b"%s:%s" % (timestamp.encode(), body)
    right = hmac.new(signing.secret.encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), given.strip().lower().encode(errors="replace")):
        raise SignatureError(f"The signature is not this body's: {_expected(signing, name)}.")
    if timestamp is not None:
        require_fresh(timestamp, now)


def _timestamp(signing: Signing, headers: Mapping[str, str]) -> str | None:
    if not signing.timestamp_header:
        return None
    given = headers.get(signing.timestamp_header, "").strip()
    if SECONDS.fullmatch(given) is None:
        raise SignatureError(
            f"No timestamp: {signing.timestamp_header} must hold the seconds since 1970, and the "
            "signature must cover it."
        )
    return given


def require_fresh(timestamp: str, now: Sequence[datetime]) -> None:
    """Raises SignatureError for a time, in seconds since 1970, that is far from each of `now`."""
    signed_at = datetime.fromtimestamp(int(timestamp), UTC)
    apart = min((each - signed_at for each in now), key=abs)
    if abs(apart) > LONGEST_AGE:
        raise SignatureError(
            f"The signature's time is {abs(apart) // timedelta(seconds=1)} s "
            f"{'behind' if apart > timedelta(0) else 'ahead of'} this server's clock; at most "
            f"{LONGEST_AGE // timedelta(seconds=1)} s are accepted."
        )


def _expected(signing: Signing, name: str) -> str:
    what = "the body"
    if signing.timestamp_header:
        what = f"the value of {signing.timestamp_header}, a colon and the body"
    return (
        f"{name} must hold the HMAC-SHA256 of {what} in hex, under the secret that this source "
        "was added with"
    )
