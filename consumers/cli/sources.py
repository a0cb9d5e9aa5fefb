"""What `airledger source add` says for each kind of source; how a source's bodies are signed."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ledger.errors import Invalid, SettingsError
from ledger.vocabulary import SourceKind

if TYPE_CHECKING:
    from ledger.store.side_records import Signing

MOST_SECRET_BYTES = 4_096

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
"""How the token is used, by the kind of source; `url` and `token` are to be filled in."""


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
    """What the options ask for. Raises Invalid or SettingsError."""
    from consumers.intake.hmac_signature import signing_of

    header, timestamp_header = signs.hmac_header, signs.hmac_timestamp_header
    if signs.hmac_secret_file is None:
        if header is not None or timestamp_header is not None:
            raise Invalid(
                "A header without a secret signs nothing.", remedy="Give --hmac-secret-file, too."
            )
        return None
    if kind is not SourceKind.GRAFANA:
        raise Invalid(f"A source of kind {kind} signs nothing.", remedy="Leave out --hmac-....")
    return signing_of(_secret(signs.hmac_secret_file), header or "", timestamp_header or "")


def _secret(file: Path) -> str:
    """The file's text without the end of its line."""
    try:
        with file.open("rb") as opened:
            text = opened.read(MOST_SECRET_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Cannot read the HMAC secret: {error}.") from error
    if len(text.encode()) > MOST_SECRET_BYTES:
        raise SettingsError(
            f"{file} holds more than {MOST_SECRET_BYTES} bytes, which is no HMAC secret.",
            remedy="Put the secret into a file of its own.",
        )
    return text.removesuffix("\n").removesuffix("\r")
