"""The settings of Kafka: where the brokers are, and how they are met."""

from ledger.errors import SettingsError
from ledger.settings.types import File, Group, Mechanism, Protocol, Servers, Text


class KafkaSettings(Group):
    """The brokers; with them, the relay and the intake from Kafka run. None is embedded.

    How they are met has the names and values of Kafka's own clients.
    """

    bootstrap_servers: Servers = ()
    security_protocol: Protocol = "PLAINTEXT"
    sasl_mechanism: Mechanism = "SCRAM-SHA-512"
    sasl_username: Text | None = None
    sasl_password: Text | None = None
    ssl_ca_file: File | None = None
    ssl_cert_file: File | None = None
    ssl_key_file: File | None = None

    @property
    def uses_ssl(self) -> bool:
        """Whether the connection is encrypted, and the broker's certificate checked."""
        return self.security_protocol.endswith("SSL")

    @property
    def uses_sasl(self) -> bool:
        """Whether a user logs in."""
        return self.security_protocol.startswith("SASL")


def require_whole(kafka: KafkaSettings) -> None:
    """Raises SettingsError for security settings that are incomplete or have no effect."""
    protocol = f"kafka.security_protocol is {kafka.security_protocol}"
    user = {"sasl_username": kafka.sasl_username, "sasl_password": kafka.sasl_password}
    files = {
        "ssl_ca_file": kafka.ssl_ca_file,
        "ssl_cert_file": kafka.ssl_cert_file,
        "ssl_key_file": kafka.ssl_key_file,
    }
    for name, value in user.items():
        if kafka.uses_sasl and value is None:
            raise SettingsError(f"{protocol}, and kafka.{name} is not set.", remedy="Set it.")
        if not kafka.uses_sasl and value is not None:
            raise SettingsError(
                f"kafka.{name} is set, and {protocol}, which has no log-in.",
                remedy="Set kafka.security_protocol to SASL_SSL, or leave the other out.",
            )
    for name, path in files.items():
        if not kafka.uses_ssl and path is not None:
            raise SettingsError(
                f"kafka.{name} is set, and {protocol}: nothing is encrypted by that.",
                remedy="Set kafka.security_protocol to SSL or SASL_SSL, or leave the other out.",
            )
    if (kafka.ssl_cert_file is None) != (kafka.ssl_key_file is None):
        raise SettingsError(
            "Of kafka.ssl_cert_file and kafka.ssl_key_file one is set and the other is not.",
            remedy="A certificate goes with its key: set both, or none.",
        )
