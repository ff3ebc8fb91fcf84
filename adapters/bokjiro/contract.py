"""The contract files, read once as package data: paths and roots of the operations, and the code tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_FOLDER = files("schemas") / "agencies" / "bokjiro"


@cache
def code_tables() -> Mapping[str, Any]:
    """Return `codes.json`."""
    return _read("codes.json")


@cache
def operations() -> Mapping[str, Any]:
    """Return `operations.json`: of each operation its `path`, `root` and `required` parameters."""
    return _read("operations.json")


def _read(name: str) -> Mapping[str, Any]:
    said: Mapping[str, Any] = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return said
