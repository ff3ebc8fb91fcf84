"""The contract files of illegal_lending, read as data: fields of the forms, code tables, the schema of replies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lxml import etree

FOLDER = Path(__file__).parents[2] / "schemas" / "agencies" / "illegal_lending"

_FORM = json.loads((FOLDER / "form.json").read_text(encoding="utf-8"))
CODES: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads((FOLDER / "codes.json").read_text(encoding="utf-8"))
"""The code tables, by name and code."""
OPERATIONS: Mapping[str, Mapping[str, Any]] = _FORM["operations"]
"""`path`, `reply` and `fields` of `register` and `status`."""
GROUPS: Mapping[str, Mapping[str, Any]] = _FORM["groups"]
CONTENT_TYPE: str = _FORM["content_type"]

_SCHEMA = etree.XMLSchema(etree.parse(FOLDER / "replies.xsd"))


class ContractError(AssertionError):
    """The mock was about to send something against its own contract: a bug of ours, never a behaviour to test."""


def check_outgoing(reply: etree._Element) -> None:
    """Make sure that a reply of our own obeys the contract.

    Raises:
        ContractError: it does not.
    """
    if not _SCHEMA.validate(reply):
        raise ContractError(str(_SCHEMA.error_log))
