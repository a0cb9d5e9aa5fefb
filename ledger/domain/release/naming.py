"""How a release is named: SYSTEM@VERSION, or SYSTEM@VERSION@ENVIRONMENT outside of production."""

from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from ledger.domain.identity import name_key, release_id
from ledger.domain.release.commands import PRODUCTION, DeployRelease
from ledger.domain.system.names import SystemNames
from ledger.errors import Invalid


class ReleaseName(NamedTuple):
    """A release by what it is of."""

    system: str
    version: str
    environment: str

    @property
    def id(self) -> UUID:
        """Its id."""
        return release_id(self.system, self.version, self.environment)


def named(text: str) -> ReleaseName | None:
    """The parts of a name; None where the text is none."""
    parts = [part.strip() for part in text.split("@")]
    if len(parts) not in (2, 3) or not all(parts):
        return None
    return ReleaseName(parts[0], parts[1], parts[2] if len(parts) == 3 else PRODUCTION)


def id_named(text: str) -> UUID | None:
    """The id behind a name; None where the text is none."""
    found = named(text)
    return None if found is None else found.id


def by_alias(names: SystemNames, text: str) -> UUID | None:
    """The release whose system is named by an alias."""
    found = named(text)
    own = None if found is None else names.own.get(name_key(found.system))
    return None if found is None or own is None else found._replace(system=own).id


def filled(command: DeployRelease, ref: str) -> DeployRelease:
    """The command with what the name of its release says, where it does not say so itself.

    Raises Invalid where it names another release than its reference.
    """
    found = named(ref)
    if found is None:
        if command.system is not None or command.version is not None:
            raise Invalid(
                f"{ref!r} names the release; system and version are for one without a reference.",
                errors=[("system", "leave it out, or name the release by SYSTEM@VERSION")],
            )
        return command
    says = {
        "system": command.system is None or name_key(command.system) == name_key(found.system),
        "version": command.version in (None, found.version),
        "environment": ref.count("@") == 1 or command.environment in (None, found.environment),
    }
    if others := [field for field, same in says.items() if not same]:
        raise Invalid(
            f"{ref!r} is another release than that of the given {' and '.join(others)}.",
            errors=[(field, "leave it out: the reference says it") for field in others],
        )
    return replace(
        command,
        system=command.system or found.system,
        version=command.version or found.version,
        environment=command.environment or found.environment,
    )
