"""The options of `airledger source add` about how a source signs its bodies."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ledger.errors import Invalid, SettingsError
from ledger.vocabulary import SourceKind

if TYPE_CHECKING:
    from ledger.store.side_records import Signing

MAX_SECRET_BYTES = 4_096


@dataclass(frozen=True, kw_only=True)
class Signs:
    """How a source signs its bodies."""

    hmac_secret_file: Annotated[
        Path | None, Parameter(help="Grafana: take signed bodies alone; holds the HMAC secret.")
    ] = None
    hmac_header: Annotated[
        str | None, Parameter(help="The header of the signature, where it is not Grafana's own.")
    ] = None
    hmac_timestamp_header: Annotated[
        str | None, Parameter(help="The header of the time that is signed, where one is.")
    ] = None


def signing_for(kind: SourceKind, signs: Signs) -> "Signing | None":
    """What the options ask for. Raises Invalid or SettingsError."""
    from consumers.intake.formats.registry import FORMATS
    from consumers.intake.hmac_signature import parse_signing

    header, timestamp_header = signs.hmac_header, signs.hmac_timestamp_header
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
