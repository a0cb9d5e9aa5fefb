"""The hints of `airledger source add` for each kind of source; signing of bodies."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ledger.errors import Invalid, SettingsError
from ledger.vocabulary import SourceKind

if TYPE_CHECKING:
    from ledger.store.side_records import Signing

MAX_SECRET_BYTES = 4_096

_ALERTMANAGER = """\
For alertmanager.yml, beside a route to it (infra/alertmanager shows a whole one):

receivers:
  - name: airledger
    webhook_configs:
      - url: {url}/v1/signals/alertmanager
        send_resolved: true
        max_alerts: 0
        http_config:
          authorization:
            type: Bearer
            credentials: {token}"""
_GRAFANA = """\
For a contact point of Grafana's, integration Webhook:

    URL:                               {url}/v1/signals/grafana
    HTTP Method:                       POST
    Authorization Header Scheme:       Bearer
    Authorization Header Credentials:  {token}
    Max Alerts:                        0"""
_PAGERDUTY = """\
It is the routing key of a client of PagerDuty's Events API v2, which sends to:

    {url}/v2/enqueue"""
_CURL = "curl -H 'Authorization: Bearer {token}' --json @body.json {url}/v1/signals/"
HINTS = {
    SourceKind.ALERTMANAGER: _ALERTMANAGER,
    SourceKind.GRAFANA: _GRAFANA,
    SourceKind.CLOUDEVENTS: f"{_CURL}cloudevents",
    SourceKind.PAGERDUTY: _PAGERDUTY,
    SourceKind.NATIVE: f"{_CURL}native",
}
"""How to use the token, by the kind of source; with the placeholders `url` and `token`."""


@dataclass(frozen=True, kw_only=True)
class Signs:
    """How a source of kind grafana signs its bodies."""

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
    """The signing that the options configure. Raises Invalid or SettingsError."""
    from consumers.intake.hmac_signature import signing_of

    header, timestamp_header = signs.hmac_header, signs.hmac_timestamp_header
    if signs.hmac_secret_file is None:
        if header is not None or timestamp_header is not None:
            raise Invalid(
                "A signature header needs a secret.", remedy="Give --hmac-secret-file, too."
            )
        return None
    if kind is not SourceKind.GRAFANA:
        raise Invalid(
            f"A source of kind {kind} does not sign its bodies.", remedy="Leave out --hmac-...."
        )
    return signing_of(_secret(signs.hmac_secret_file), header or "", timestamp_header or "")


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
