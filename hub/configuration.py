"""Reads the settings: `config.toml`, then `NARU_…` from the environment over it. What can be set: `hub/settings.py`.

All that is wrong is told at once, by the name of the key or variable and never by its value. The environment is
merged into the file's tables before anything is checked, so that one unknown key is as wrong in either; pydantic's
own settings sources would pass over a mistyped variable in silence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

from adapters.sdk import Verb, capabilities
from adapters.sdk.catalogue import CatalogueClass, installed_catalogues
from adapters.sdk.registry import AdapterClass, Broken
from hub.settings import Mode, Settings

PREFIX = "NARU_"
_TESTS_ONLY = "NARU_TEST_"
_WITH_PASSWORD = re.compile(r"//[^/@\s]*:[^/@\s]+@|[?&](?:ssl)?password=")
_PLAIN = "is not valid"  # all that is said about a value whose own error text might show it

Model = TypeVar("Model", bound=BaseModel)
Installed = Mapping[str, AdapterClass | Broken]
InstalledCatalogues = Mapping[str, CatalogueClass | Broken]
Key = tuple[str, ...]


class SettingsError(Exception):
    """The hub refuses to start: every problem by the name of its key. Never holds a value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def read_settings(
    config: Path,
    environ: Mapping[str, str],
    installed: Installed,
    catalogues: InstalledCatalogues | None = None,
) -> Settings:
    """Read and check the settings; `catalogues` are those that are installed, unless they are given.

    Raises:
        SettingsError: the file cannot be read, a key is unknown, a value is wrong, a secret is missing or stands in
            the file, or mode and settings contradict each other.
    """
    tables, said = _gather(config, environ)
    for name, kinds in (("adapters", installed), ("catalogues", catalogues or installed_catalogues())):
        tables[name] = _own_tables(name, tables.get(name, {}), kinds, said)
    return _judged(tables, said, installed)


def read_own_settings(config: Path, environ: Mapping[str, str]) -> Settings:
    """Read and check what is the hub's own, for whoever calls nobody: no agency's and no catalogue's table is read.

    Raises:
        SettingsError: as `read_settings`.
    """
    tables, said = _gather(config, environ)
    return _judged(tables | {"adapters": {}, "catalogues": {}}, said, {})


def _gather(config: Path, environ: Mapping[str, str]) -> tuple[dict[str, Any], _Problems]:
    """Return the file's tables with the environment laid over them, and what is said of secrets among them."""
    tables = _read_file(config)
    written = frozenset(_keys(tables))
    tables, spoken = _merge(tables, environ)
    said = _Problems(config.name, written, spoken)
    _check_secrets(tables, Settings, (), said)
    return tables, said


def _judged(tables: dict[str, Any], said: _Problems, installed: Installed) -> Settings:
    """Return the settings, if nothing is wrong with them, nor with how they go together."""
    settings = _validate(Settings, tables, (), said)
    if settings is not None:
        if ("mode",) in said.keys:  # the live rules are not told to somebody who mistyped the mode
            settings = settings.model_copy(update={"mode": Mode.MOCK})
        unread = frozenset(said.keys)
        found = (
            *settings.contradictions(),
            *_foreign_routes(settings, installed),
            *_unasked(settings, installed),
            *_nowhere(settings, installed),
        )
        for key, problem in found:
            if key not in unread:
                said.add(key, problem.replace("is missing", f"is missing ({variable(key)} sets it)"))
    if settings is None or said.texts:
        raise SettingsError(said.texts)
    return settings


def variable(path: Key) -> str:
    """Return the name of the environment variable that sets a key."""
    return PREFIX + "__".join(path).upper()


def _read_file(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"{config}: cannot be read ({error.strerror}); name a file with --config"]) from None
    except UnicodeDecodeError:
        raise SettingsError([f"{config}: is not UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at [a-z0-9, ]+\)$", str(error))  # the rest of the text may quote the file
        raise SettingsError([f"{config}: is not TOML {place[0] if place else ''}".rstrip()]) from None
    except (ValueError, RecursionError):  # a number of more digits than Python reads, lists in lists in lists
        raise SettingsError([f"{config}: holds a number or a nesting without measure"]) from None


def _merge(tables: dict[str, Any], environ: Mapping[str, str]) -> tuple[dict[str, Any], frozenset[Key]]:
    """Lay the environment over the file's tables; also return which keys it spoke of."""
    spoken = set()
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name.startswith(_TESTS_ONLY):
            continue
        path = tuple(name.removeprefix(PREFIX).lower().split("__"))
        spoken.add(path)
        table = tables
        for part in path[:-1]:
            below = table.get(part)
            table[part] = table = below if isinstance(below, dict) else {}
        table[path[-1]] = value
    return tables, frozenset(spoken)


def _keys(table: Mapping[str, Any], above: Key = ()) -> Iterator[Key]:
    """Yield the key of everything in a table, tables included."""
    for name, value in table.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from _keys(value, (*above, name))


def _check_secrets(table: Mapping[str, Any], model: type[BaseModel] | None, key: Key, said: _Problems) -> None:
    """Tell of what stands in the file and must not: secrets, and addresses that hold a password."""
    secrets = frozenset(_secrets(model)) if model is not None else frozenset()
    for name, value in table.items():
        path = (*key, name)
        if said.is_from_environment(path):
            continue
        if name in secrets:
            said.add(path, f"a secret must not stand in a file; set {variable(path)}")
        elif isinstance(value, dict):
            field = model.model_fields.get(name) if model is not None else None
            below = field.annotation if field is not None else None
            _check_secrets(
                value, below if isinstance(below, type) and issubclass(below, BaseModel) else None, path, said
            )
        elif isinstance(value, str) and _WITH_PASSWORD.search(value):
            said.add(path, f"an address in a file must not hold a password; set {variable(path)}")


class _Problems:
    """Collects problems, each under the name by which its writer knows the key."""

    def __init__(self, file: str, written: frozenset[Key], spoken: frozenset[Key]) -> None:
        self._file = file
        self._written = written
        self._spoken = spoken
        self.texts: list[str] = []
        self.keys: set[Key] = set()

    def is_from_environment(self, key: Key) -> bool:
        """Return whether the environment set this key, or a table that holds it."""
        return any(key[: len(spoken)] == spoken for spoken in self._spoken)

    def add(self, key: Key, problem: str) -> None:
        """Tell a problem of a key."""
        self.texts.append(f"{self._name(key)}: {problem}")
        self.keys.add(key)

    def _name(self, key: Key) -> str:
        if self.is_from_environment(key):
            return variable(key)
        below = sorted(spoken for spoken in self._spoken if spoken[: len(key)] == key)
        if below and key not in self._written:  # a table that only the environment speaks of
            return ", ".join(map(variable, below))
        return f"{'.'.join(key)} ({self._file})"


def _validate(
    model: type[Model], table: object, key: Key, said: _Problems, secrets: frozenset[str] = frozenset()
) -> Model | None:
    """Return the model; if something is wrong, tell it and return what the rest of the table says, if it can stand."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        wrong = {tuple(map(str, one["loc"])): one for one in error.errors(include_url=False, include_input=False)}
    for place, one in wrong.items():
        hidden = bool(secrets.intersection(place))
        said.add(key + place, _PLAIN if hidden else _in_words(one["type"], one["msg"]))
    if not isinstance(table, dict):
        return None
    spoilt = {place[0] for place in wrong if place}
    try:
        return model.model_validate({name: value for name, value in table.items() if name not in spoilt})
    except ValidationError:
        return None


def _in_words(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "no such key"
    if kind == "missing":
        return "is missing"
    return message.removeprefix("Value error, ").removeprefix("Input ")


def _own_tables(
    name: str, tables: Any, installed: Installed | InstalledCatalogues, said: _Problems
) -> dict[str, BaseModel]:
    """Check the table of each adapter or catalogue against its own type; an installed one without one has defaults."""
    if not isinstance(tables, dict):
        said.add((name,), "should be a table")
        return {}
    for slug in sorted(tables.keys() - installed.keys()):
        known = ", ".join(installed) or "none"
        said.add((name, slug), f"no such {name.removesuffix('s')} is installed (installed: {known})")
    read: dict[str, BaseModel] = {}
    for slug, kind in installed.items():
        table = tables.get(slug, {})
        if isinstance(kind, Broken):
            continue  # nobody can say what its table means; it is shown as broken
        secrets = frozenset(_secrets(kind.settings_type))
        for secret in sorted(secrets & set(table if isinstance(table, dict) else ())):
            path = (name, slug, secret)
            if not said.is_from_environment(path):
                said.add(path, f"a secret must not stand in a file; set {variable(path)}")
        checked = _validate(kind.settings_type, table, (name, slug), said, secrets)
        if checked is not None:
            read[slug] = checked
    return read


def _secrets(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if any(part in {SecretStr, SecretBytes} for part in _parts(field.annotation)):
            yield name


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _unasked(settings: Settings, installed: Installed) -> Iterator[tuple[Key, str]]:
    """Yield the rules that want an agency asked which, on one of their days, is installed and cannot be."""
    for number, rule in enumerate(settings.routing.rules):
        routes = (route for code in rule.services for route in settings.routing.services.get(code, ()))
        for slug in sorted({route.agency for route in routes if rule.verify and route.overlaps(rule)}):
            adapter = installed.get(slug)
            if adapter is not None and not isinstance(adapter, Broken) and not can_be_asked(adapter):
                yield ("routing", "rules", str(number), "verify"), f"{slug} cannot be asked about eligibility"


def can_be_asked(adapter: AdapterClass) -> bool:
    """Return whether an agency can be asked about eligibility, at once: what goes by file cannot."""
    return Verb.VERIFY in capabilities(adapter) and adapter.profile.batching is None


def _foreign_routes(settings: Settings, installed: Installed) -> Iterator[tuple[Key, str]]:
    """Yield the routes to an installed agency that does not offer the service. One that is not installed only holds."""
    for code, routes in settings.routing.services.items():
        for route in routes:
            adapter = installed.get(route.agency)
            if adapter is not None and not isinstance(adapter, Broken) and code not in adapter.profile.services:
                yield ("routing", "services", code), f"{route.agency} does not offer this service"


def _nowhere(settings: Settings, installed: Installed) -> Iterator[tuple[Key, str]]:
    """Yield the agencies that take files and may be served by several machines, none of which is named.

    Whichever were first would look into its own folder; the one that has the files might never come first again.
    """
    if settings.mode is not Mode.LIVE or not settings.store.is_shared:
        return
    for slug, adapter in installed.items():
        told = settings.adapters.get(slug)
        takes_files = not isinstance(adapter, Broken) and adapter.profile.batching is not None
        if takes_files and told is not None and told.enabled and not told.host:
            yield ("adapters", slug, "host"), "is missing: the host name of the one machine that has the folders"
