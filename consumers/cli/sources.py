"""The options of `airledger source add` about how a source signs its bodies."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ledger.errors import Invalid, SettingsError
from ledger.vocabulary import Scope, SourceKind

if TYPE_CHECKING:
    from consumers.intake.webhook_signatures import WebhookSignature
    from ledger.store.side_records import Signing

MAX_SECRET_BYTES = 4_096


@dataclass(frozen=True, kw_only=True)
class Signs:
    """How a source signs its bodies."""

    hmac_secret_file: Annotated[
        Path | None,
        Parameter(
            help="Holds the HMAC secret. Webhooks of PagerDuty, incident.io and Jira need it; "
            "Grafana: take signed bodies alone."
        ),
    ] = None
    hmac_header: Annotated[
        str | None, Parameter(help="The header of the signature, where it is not Grafana's own.")
    ] = None
    hmac_timestamp_header: Annotated[
        str | None, Parameter(help="The header of the time that is signed, where one is.")
    ] = None


def require_scope(kind: SourceKind, scope: str) -> None:
    """Raises Invalid for a webhook's source that could do nothing: what it sends is commands."""
    from consumers.intake.formats.registry import FORMATS

    if FORMATS[kind].webhook is not None and scope != Scope.OPERATE:
        raise Invalid(
            f"A source of kind {kind} sends commands, which need scope operate, and not {scope}.",
            errors=[("scope", "expected operate")],
            remedy="Give --scope operate.",
        )


def signing_for(kind: SourceKind, signs: Signs) -> "Signing | None":
    """What the options ask for. Raises Invalid or SettingsError."""
    from consumers.intake.formats.registry import FORMATS
    from consumers.intake.hmac_signature import parse_signing

    header, timestamp_header = signs.hmac_header, signs.hmac_timestamp_header
    if (webhook := FORMATS[kind].webhook) is not None:
        return _webhook_signing(kind, webhook, signs)
    if signs.hmac_secret_file is None:
        if header is not None or timestamp_header is not None:
            raise Invalid(
                "A signature header needs a secret.", remedy="Give --hmac-secret-file, too."
            )
        return None
    if not FORMATS[kind].can_sign:
        signing = ", ".join(each.kind for each in FORMATS.values() if each.can_sign)
        raise Invalid(
            f"A source of kind {kind} cannot sign its bodies; sources of kind {signing} can.",
            remedy="Leave out the options --hmac-....",
        )
    return parse_signing(_secret(signs.hmac_secret_file), header or "", timestamp_header or "")


def _webhook_signing(kind: SourceKind, webhook: "WebhookSignature", signs: Signs) -> "Signing":
    if signs.hmac_header is not None or signs.hmac_timestamp_header is not None:
        raise Invalid(
            f"A source of kind {kind} signs in headers of its own.",
            remedy="Leave out --hmac-header and --hmac-timestamp-header.",
        )
    if signs.hmac_secret_file is None:
        raise Invalid(
            f"A source of kind {kind} needs a secret: it has no token, and is known by its "
            "signature alone.",
            remedy="Give --hmac-secret-file, with the secret of the webhook.",
        )
    return webhook.parse_signing(_secret(signs.hmac_secret_file))


def _secret(file: Path) -> str:
    """The file's text without its final newline."""
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_SECRET_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Cannot read the HMAC secret: {error}.") from error
    if len(text.encode()) > MAX_SECRET_BYTES:
        raise SettingsError(
            f"{file} has more than {MAX_SECRET_BYTES} bytes, the limit of an HMAC secret.",
            remedy="Put the secret into a file of its own.",
        )
    return text.removesuffix("\n").removesuffix("\r")
