"""The contract files, read once as package data: the fields of each form, the schema of replies, the code tables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree

_FOLDER = files("schemas") / "agencies" / "illegal_lending"


@dataclass(frozen=True)
class FormField:
    """One field of a form."""

    name: str
    title: str
    """What it is called in Korean."""
    longest: int
    """Bytes, before percent-encoding."""
    form: re.Pattern[str] | None
    required: bool
    """In a group: in one row at least."""
    group: str | None
    """The group whose rows it repeats with; None if it stands once."""


@dataclass(frozen=True)
class Form:
    """What one operation is told, and the root of what it answers."""

    path: str
    reply: str
    fields: tuple[FormField, ...]
    most_rows: Mapping[str, int]
    """The most rows of each group."""


@cache
def form_of(operation: str) -> Form:
    """Return the form of `register` or `status`."""
    contract = _read("form.json")
    told = contract["operations"][operation]
    groups = {name: int(group["most"]) for name, group in contract["groups"].items()}
    return Form(told["path"], told["reply"], tuple(map(_field, told["fields"])), groups)


@cache
def code_tables() -> Mapping[str, Any]:
    """Return `codes.json`."""
    return _read("codes.json")


@cache
def reply_schema() -> etree.XMLSchema:
    """Return the schema of replies."""
    return etree.XMLSchema(etree.fromstring((_FOLDER / "replies.xsd").read_bytes()))


def _read(name: str) -> Mapping[str, Any]:
    said: Mapping[str, Any] = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return said


def _field(told: Mapping[str, Any]) -> FormField:
    pattern = re.compile(told["form"], re.ASCII) if "form" in told else None
    return FormField(told["name"], told["ko"], told["bytes"], pattern, told.get("required", False), told.get("group"))
