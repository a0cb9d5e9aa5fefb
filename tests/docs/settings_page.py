"""docs/reference/settings.md, from ledger.settings: every key, its default and where to set it."""

from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from ledger.settings import KEYS, Settings, variable

COMMAND = "python -m tests.docs.generate"

_MEANING = {
    "data_dir": "The directory of the embedded ledger: `ledger.db`, `views.db` and the signing "
    "key. It is created where absent, with mode 0700; other files in it are left alone.",
    "store.url": "The ledger: a file in `data_dir`, or a `postgresql://` address, where `airledger "
    "store init` makes its tables.",
    "views.url": "The read models: a file in `data_dir`, which may be deleted at any time, or a "
    "`postgresql://` address, that of `store.url` or another, where `airledger store init` made "
    "their schema.",
    "views.feed": "Where projectors read events: from the store, or from airledger.events on "
    "Kafka. All projectors of one `views.url` need the same value.",
    "kafka.bootstrap_servers": "Brokers, as host:port.",
    "kafka.security_protocol": "How to connect to the brokers: PLAINTEXT, SSL, SASL_PLAINTEXT or "
    "SASL_SSL, with the meaning of Kafka's own clients.",
    "kafka.sasl_mechanism": "With SASL, the mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.",
    "kafka.sasl_username": "With SASL, the user name.",
    "kafka.sasl_password": "That user's password. Set it by the environment: a flag is visible in "
    "the process list. It is always masked.",
    "kafka.ssl_ca_file": "With SSL, the CA certificates (PEM) for the brokers; those of the "
    "machine by default.",
    "kafka.ssl_cert_file": "With SSL, the client certificate (PEM), if the brokers require one.",
    "kafka.ssl_key_file": "Its private key (PEM), without a passphrase.",
    "log.origin": "The transparency log's name, fixed at its start. The default is "
    "`airledger/` and 16 random hexadecimal digits.",
    "log.key_file": "The log's signing key; `log.key` in `data_dir` by default. On PostgreSQL it "
    "must be set, and `airledger log init` creates the key. The last signed checkpoint is kept "
    "beside it, as `.checkpoint`.",
    "log.public": "Whether anybody may read the log's entries. Checkpoint, hash tiles and "
    "verifier key are always open.",
    "releases.key_file": "The key that signs statements about decisions on releases (Ed25519, "
    "PKCS 8 in PEM, without a passphrase), which is not the log's; `release-key.pem` in `data_dir` "
    "by default, made where it is absent. On PostgreSQL it must be set, `airledger release key "
    "init` makes the key, and every host with the web needs a copy: see [prove a "
    "release](../how-to/prove-a-release.md).",
    "http.host": "The address to listen on.",
    "http.port": "The port to listen on; 0 chooses a free one, which the line `ready` names.",
    "http.trusted_proxies": "Addresses or networks of proxies whose X-Forwarded-For and "
    "X-Forwarded-Proto are used; those of other clients are ignored.",
    "http.path_prefix": "The path under which a proxy serves the pages, such as `/airledger`. "
    "The server accepts requests with and without the prefix, so the proxy may strip it or not.",
    "http.keep_alive": "After how many seconds without a request a connection is closed; `75 s` is "
    "accepted, too.",
    "http.public_url": "The address of this server for people, such as "
    "`https://ledger.example`: links in messages and the log-in link begin with it, and with https "
    "the log-in cookie is for HTTPS only. A path in it is also the `http.path_prefix`.",
    "evidence.url": "Where the content of evidence lies: a directory (`file:///var/lib/evidence`), "
    "or a bucket (`s3://`, `gs://`, `az://`), whose credentials come from the environment as the "
    "provider's tools do; `evidence` in `data_dir` by default. Processes on several hosts need one "
    "that all of them reach. The keys of `evidence` have no flags.",
    "evidence.most_bytes": "How many bytes one document may have.",
    "oidc.issuer": "The issuer of the OpenID provider that people log in at, exactly as its "
    "discovery document says it; https, or http on this host alone. The keys of `oidc` have no "
    "flags: see [log in with your organisation](../how-to/log-in-with-your-organisation.md).",
    "oidc.title": "What the log-in page calls the provider: *Log in with ...*.",
    "oidc.client_id": "The id under which this server is registered at the provider.",
    "oidc.client_secret": "The secret of that client; a public client has none, and PKCE alone. "
    "Set it by the environment; it is always masked.",
    "oidc.scopes": "The scopes asked of the provider, with spaces; `openid` must be among them.",
    "oidc.name_claim": "The claim with a person's name; else `preferred_username`, else `email`, "
    "else the opaque id stands for it.",
    "oidc.groups_claim": "The claim with a person's groups, or a path with dots, such as "
    "`realm_access.roles`. Where the ID token lacks it, userinfo is asked.",
    "oidc.groups": 'A table for each group, `[oidc.groups."NAME"]`: `scopes` (report, read, audit, '
    "operate, admin), `roles`, and `system` where the roles hold for one system alone. In the "
    "environment, one JSON object.",
    "oidc.scopes_of_all": "The scopes of everybody whom the provider logs in, whatever the groups; "
    "with none, somebody without a mapped group is refused.",
    "oidc.leeway": "By how many seconds the provider's clock may differ from this one's.",
    "notify.channels": "A table for each channel, `[notify.channels.NAME]`: `kind` (`webhook`, "
    "`mail`, `apprise`, `github` or `jira`), and what the kind needs. No flag; in the environment, "
    "one JSON object. Only names and kinds are shown: see [tell people](../how-to/tell-people.md) "
    "and [open tickets](../how-to/tickets.md).",
    "readers": "A table for each server that measurements are read from, `[[readers]]`: `name`, "
    "`url`, and where they are needed `token`, or `user` and `password`, `ca_file`, `timeout` (in "
    "seconds, 10) and `catch_up_hours` (24). No flag; in the environment, one JSON array. Only "
    "names and addresses are shown: see [read from "
    "Prometheus](../how-to/read-from-prometheus.md).",
    "url": "The server that commands work with, in place of a ledger on this host; it goes before "
    "the one that `airledger login` keeps. No flag: name it in the environment.",
    "token": "The token to use there. Set it by the environment alone; it is always masked.",
    "ca_file": "CA certificates (PEM) to trust for that server; those of the machine, or of "
    "`SSL_CERT_FILE`, by default.",
    "time_zone": "The zone in which commands read and print times, such as `Europe/Berlin`; "
    "`--tz` is its short flag. By default they are read in the system's zone and printed in UTC.",
    "log_level": "The lowest level of log messages on standard error.",
}

_HEAD = f"""\
# Settings

<!-- Generated from ledger.settings by `{COMMAND}`; do not edit. -->

A setting comes from the strongest of: a flag, an environment variable, the settings file, the
default. The file is TOML: the one that `--config` names, else the one that `AIRLEDGER_CONFIG`
names, else `airledger.toml` in the working directory if there. In it, a dot is a table: `http.port`
is `port` under `[http]`. The flag of `http.port` is `--http.port`, that of `log.key_file`
`--log.key-file`. In the environment, a list is comma-separated. Unknown keys are errors, in the
file and in the environment alike. `airledger config show` prints each value and where it came from.

| key | default | environment | meaning |
|---|---|---|---|
"""

_TAIL = """
## Example

```toml
data_dir = "/var/lib/airledger"
log_level = "warning"

[log]
origin = "example.com/incidents"

[http]
host = "0.0.0.0"
port = 8080
```
"""


def page() -> str:
    """The whole page."""
    rows = [
        f"| `{key}` | {_default(key)} | `{variable(key)}` | {_MEANING[key]}{_words(key)} |\n"
        for key in KEYS
    ]
    return "".join([_HEAD, *rows, _TAIL])


def _field(key: str) -> Any:
    model: type[BaseModel] = Settings
    *groups, name = key.split(".")
    for group in groups:
        annotation = model.model_fields[group].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            raise TypeError(f"{key} is not a setting of a group")
        model = annotation
    return model.model_fields[name]


def _default(key: str) -> str:
    value = _field(key).default
    if value is None or value in ((), {}):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _words(key: str) -> str:
    """The words that a setting may be, where it is one of a few."""
    annotation = _field(key).annotation
    if get_origin(annotation) is not Literal:
        return ""
    return f" One of {', '.join(f'`{word}`' for word in get_args(annotation))}."
