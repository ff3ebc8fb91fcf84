"""The table of threats names only what is there, and every surface has a row."""

from __future__ import annotations

import re
from pathlib import PurePath

from repository import ROOT, named, tracked

from adapters.sdk.catalogue import installed_catalogues
from adapters.sdk.registry import installed_adapters

PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")][1:]
PATH = re.compile(r"`((?:adapters|docs|hub|mocks|requirements|schemas|tests)/[\w/.-]+|Makefile)`")
SURFACES = {"API", "adapters", "audit", "backups", "callbacks", "configuration", "files", "keys", "logs", "store",
            "supply chain", "vault", "webhooks", "wires"}  # fmt: skip


def test_every_file_that_is_named_is_there() -> None:
    """A control or a test that was moved or removed is no control: the page must follow."""
    files = {named(path) for path in tracked()}
    folders = {str(parent) for name in files for parent in PurePath(name).parents}
    gone = sorted({path for path in PATH.findall(PAGE) if path not in files | folders})
    assert gone == []


def test_every_row_says_where_and_by_which_test() -> None:
    """Threat, control, a place in the product, and something that fails without it."""
    assert [row for row in ROWS if len(row) != 5] == []
    assert [row[1] for row in ROWS if not PATH.search(row[3]) or not PATH.search(row[4])] == []
    tried = re.compile(r"`(tests|adapters/sdk/testing|mocks/auditor)/")
    assert [row[1] for row in ROWS if not tried.search(row[4])] == []


def test_every_surface_has_a_row() -> None:
    """Each surface, and each agency and catalogue that is installed."""
    surfaces = " ".join(row[0] for row in ROWS)
    agencies = {*installed_adapters(), *installed_catalogues()}
    assert [name for name in sorted(SURFACES) if name not in surfaces] == []
    assert [slug for slug in sorted(agencies) if f"`{slug}`" not in surfaces] == []
