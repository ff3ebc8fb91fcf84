"""Who may import an agency. Read off the folders, so that a new agency is held to it without being named anywhere.

The rules that name no agency are import-linter's (pyproject.toml, `make check`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from repository import PACKAGES, ROOT, modules, named, parsed

NO_AGENCIES = {"sdk", "kit", "auditor"}


def agencies(package: str) -> set[str]:
    """Return the packages of the agencies under `adapters` or `mocks`, such as `adapters.haengbok`."""
    inside = {path.relative_to(ROOT).parts for path in modules(package)}
    return {f"{package}.{parts[1]}" for parts in inside if len(parts) > 2 and parts[1] not in NO_AGENCIES}


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything that a module imports, wherever in it."""
    return names_in(parsed(path), path.relative_to(ROOT).parts[:-1])


def names_in(tree: ast.Module, package: tuple[str, ...]) -> Iterator[str]:
    """Yield the dotted name of everything that is imported in a module of this package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            origin = ".".join(filter(None, (above, node.module)))
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def is_in(name: str, package: str) -> bool:
    """Tell whether a dotted name is this package or inside it."""
    return f"{name}.".startswith(f"{package}.")


@pytest.mark.parametrize("package", ["adapters", "mocks"])
def test_only_an_agency_imports_itself(package: str) -> None:
    """Agencies never import each other; the sdk, the kit, the auditor and the hub know none."""
    homes = agencies(package)
    assert len(homes) >= 2
    strangers = [
        f"{named(path)} imports {name}"
        for path in modules(*PACKAGES)
        for name in imported(path)
        for home in homes
        if is_in(name, home) and not path.is_relative_to(ROOT / home.replace(".", "/"))
    ]
    assert strangers == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import adapters.quay.codes", "adapters.quay.codes"),
        ("from adapters import quay", "adapters.quay"),
        ("from ..quay import codes", "adapters.quay.codes"),
        ("from . import codes", "adapters.haengbok.codes"),
    ],
)
def test_every_form_of_import_is_seen(line: str, name: str) -> None:
    """However it is written, an import names the same thing."""
    assert list(names_in(ast.parse(line), ("adapters", "haengbok"))) == [name]
