"""The file of the rule: the App, its secrets, and which release a deployment is of."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from msgspec import Meta

from ledger.domain.release.commands import PRODUCTION, Environment
from ledger.errors import SettingsError

API = "https://api.github.com"
SECRET_CHARACTERS = 16
"""The shortest secret of the webhook: nothing else tells GitHub from anybody."""
_REFS = ("refs/tags/", "refs/heads/")

Repository = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9._-]{1,100}$")]
ApiUrl = Annotated[
    str,
    Meta(pattern=r"^https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?(/[A-Za-z0-9._~-]+)*$"),
]
WrittenText = Annotated[str, Meta(min_length=1, max_length=200)]


class ProtectedEnvironment(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"to": "as"}
):
    """An environment of a repository, and of which system and environment its deployments are.

    The version is the commit (`sha`), or the tag or branch (`ref`) without `prefix`.
    """

    repository: Repository
    environment: WrittenText
    system: WrittenText
    version: Literal["ref", "sha"]
    prefix: str = ""
    to: Environment = PRODUCTION

    def release_of(self, ref: str, sha: str) -> str | None:
        """The name of the release of a deployment; None where the ref has another beginning."""
        version = sha
        if self.version == "ref":
            name = next((ref[len(each) :] for each in _REFS if ref.startswith(each)), ref)
            version = name.removeprefix(self.prefix)
            if not name.startswith(self.prefix):
                return None
        if not version or re.search(r"[\s@]", version):
            return None
        return f"{self.system}@{version}@{self.to}"


class RuleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file as it is written. `app` is the App's id; `api` is GitHub's, or a server's own."""

    app: WrittenText
    private_key_file: WrittenText
    webhook_secret_file: WrittenText
    environments: Annotated[tuple[ProtectedEnvironment, ...], Meta(min_length=1)]
    api: ApiUrl = API


class Rule(NamedTuple):
    """The file, and the secrets that it names."""

    file: RuleFile
    key: RSAKey
    secret: bytes

    def environment(self, repository: str, environment: str) -> ProtectedEnvironment | None:
        """What the file says of an environment; names of repositories have no case."""
        for each in self.file.environments:
            named = each.repository.lower(), each.environment
            if named == (repository.lower(), environment):
                return each
        return None


def read_rule(path: Path) -> Rule:
    """Reads the file and its secrets; their paths are relative to it. Raises SettingsError."""
    try:
        file = msgspec.convert(tomllib.loads(path.read_text("utf-8")), RuleFile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.", remedy=_REMEDY) from error
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {error}.", remedy=_REMEDY) from error
    secret = _read(path, file.webhook_secret_file).strip()
    if len(secret) < SECRET_CHARACTERS:
        raise SettingsError(
            f"The secret in {file.webhook_secret_file} has less than {SECRET_CHARACTERS} "
            "characters, and could be guessed.",
            remedy="Make a longer one, and give it to the App as its webhook secret.",
        )
    try:
        key = RSAKey.import_key(_read(path, file.private_key_file))
    except (JoseError, ValueError) as error:
        raise SettingsError(
            f"{file.private_key_file} is no private RSA key in PEM.",
            remedy="Have GitHub generate one on the App's page, and name its file.",
        ) from error
    if not key.is_private:
        raise SettingsError(
            f"{file.private_key_file} holds a public key alone.",
            remedy="Name the file that GitHub gave when the key was generated.",
        )
    return Rule(file, key, secret)


_REMEDY = "See infra/pipelines/github.toml for one that works."


def _read(beside: Path, name: str) -> bytes:
    path = beside.parent / Path(name).expanduser()
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error}.", remedy=_REMEDY) from error
