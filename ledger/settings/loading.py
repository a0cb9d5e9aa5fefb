"""Where the settings come from, and which source is in force."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource
from pydantic_settings.exceptions import SettingsError as NotParsed

from ledger.errors import SettingsError
from ledger.settings.model import CHANNELS, GROUPS, KEYS, PREFIX, Settings, masked
from ledger.settings.notify import KINDS

CONFIG_FILE = Path("airledger.toml")
CONFIG_VARIABLE = "AIRLEDGER_CONFIG"


class Provenance(NamedTuple):
    """A setting as `airledger config show` prints it, with secrets masked."""

    key: str
    value: object
    source: str


class _Given(NamedTuple):
    value: object
    source: str
    remedy: str


def load(config: Path | None = None, flags: Mapping[str, object] | None = None) -> Settings:
    """The settings from the file, the environment and `flags` (by dotted key; None is not given).

    The file is `config`, else the one that AIRLEDGER_CONFIG names, else `airledger.toml` in the
    working directory if there. Raises SettingsError.
    """
    return _settings(_given(config, flags or {}))


def provenance(
    config: Path | None = None, flags: Mapping[str, object] | None = None
) -> tuple[Provenance, ...]:
    """Each setting with its value and where it is from. Raises SettingsError, as `load` does."""
    given = _given(config, flags or {})
    values = _flat(_settings(given).model_dump(mode="json"))
    return tuple(
        Provenance(key, masked(value, key), given[key].source if key in given else "default")
        for key, value in values
    )


def variable(key: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + key.replace(".", "__").upper()


def flag(key: str) -> str:
    """The command line's flag of a setting."""
    return "--" + key.replace("_", "-")


def _given(config: Path | None, flags: Mapping[str, object]) -> dict[str, _Given]:
    """What was given from outside by key, the strongest source last and so in force."""
    return _from_file(config) | _from_environment() | _from_flags(flags)


def _from_file(config: Path | None) -> dict[str, _Given]:
    path = _config_path(config)
    if path is None:
        return {}
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(
            f"The settings file {str(path)!r} cannot be read: {error.strerror}.",
            remedy=f"Name another with --config or {CONFIG_VARIABLE}, or none.",
        ) from error
    except ValueError as error:
        raise SettingsError(
            f"The settings file {str(path)!r} is not TOML: {error}.", remedy="Correct it."
        ) from error
    source = f"file {path}"
    values = dict(_flat(tree))
    _refuse_unknown(list(values), KEYS, source)
    return {
        key: _Given(value, source, f"Correct it in {str(path)!r}.") for key, value in values.items()
    }


def _config_path(config: Path | None) -> Path | None:
    if config is not None:
        return config
    if (named := os.environ.get(CONFIG_VARIABLE)) is not None:
        return Path(named)
    return CONFIG_FILE if CONFIG_FILE.exists() else None


def _from_environment() -> dict[str, _Given]:
    known = [variable(key) for key in KEYS]
    named = [name.upper() for name in os.environ if name.upper().startswith(PREFIX)]
    _refuse_unknown(named, (*known, CONFIG_VARIABLE), "environment")
    return {
        key: _Given(value, f"environment {variable(key)}", f"Correct or unset {variable(key)}.")
        for key, value in _flat(_environment(named))
    }


def _environment(named: Sequence[str]) -> dict[str, Any]:
    """What our variables say. Raises SettingsError where one must be JSON and is not."""
    try:
        return EnvSettingsSource(Settings)()
    except NotParsed as error:
        group = re.search('field "(\\w+)"', f"{error}")
        start = f"{PREFIX}{group[1] if group else ''}".upper()
        wrong = " or ".join(each for each in named if each.startswith(start))
        raise SettingsError(
            f"{wrong} (environment) is a table, and is not written as JSON.",
            remedy=f"Correct or unset {wrong}.",
        ) from None


def _from_flags(flags: Mapping[str, object]) -> dict[str, _Given]:
    _refuse_unknown(list(flags), KEYS, "flags")
    return {
        key: _Given(value, f"flag {flag(key)}", f"Correct {flag(key)}.")
        for key, value in flags.items()
        if value is not None
    }


def _settings(given: Mapping[str, _Given]) -> Settings:
    tree: dict[str, Any] = {}
    for key, (value, _, _) in given.items():
        *groups, name = key.split(".")
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[name] = value
    try:
        return Settings(**tree)
    except ValidationError as error:
        wrong = {_key(each["loc"]): each for each in error.errors(include_url=False)}
        named = {key: _given_under(key, given) for key in wrong}
        raise SettingsError(
            "\n".join(_said(key, each, given[named[key]].source) for key, each in wrong.items()),
            remedy=" ".join(dict.fromkeys(given[each].remedy for each in named.values())),
        ) from None


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves by dotted key. A table is a branch only where the settings have one."""
    for name, value in tree.items():
        key = prefix + name
        if isinstance(value, dict) and key in GROUPS:
            yield from _flat(value, f"{key}.")
        else:
            yield key, value


def _key(location: tuple[int | str, ...]) -> str:
    """The setting that pydantic speaks of, without an index into a list or a channel's kind.

    Where it is the name of a table that is wrong, it is the table.
    """
    names = [part for part in location if isinstance(part, str) and part != "[key]"]
    if names[:2] == CHANNELS.split(".") and len(names) > 4:
        del names[3]
    return ".".join(names)


def _given_under(key: str, given: Mapping[str, _Given]) -> str:
    """The setting that was given, where the error is about something inside of it."""
    return next(each for each in given if key == each or key.startswith(f"{each}."))


def _said(key: str, error: ErrorDetails, source: str) -> str:
    """What is wrong, without a password in it."""
    match error["type"]:
        case "missing":
            return f"{key} is not set ({source}), and must be."
        case "extra_forbidden":
            return f"{key} is set ({source}): there is no such setting here."
        case "union_tag_not_found":
            kinds = ", ".join(KINDS[:-1])
            return f"{key}.kind is not set ({source}), and must be {kinds} or {KINDS[-1]}."
    rule = error["msg"].removeprefix("Value error, ").replace("Input should", "must", 1)
    return f"{key} is {masked(error['input'], key)!r} ({source}): {rule}."


def _refuse_unknown(names: list[str], known: tuple[str, ...], source: str) -> None:
    unknown = [name for name in names if name not in known]
    if not unknown:
        return
    # Above 0.6, which is how alike "store" and "token" are.
    close = [match for name in unknown for match in get_close_matches(name, known, cutoff=0.601)]
    raise SettingsError(
        f"Unknown setting {', '.join(map(repr, unknown))} ({source}).",
        remedy=f"Did you mean {' or '.join(dict.fromkeys(close))}?"
        if close
        else f"There are {', '.join(known)}.",
    )
