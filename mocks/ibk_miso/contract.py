"""The contract files of ibk_miso, read as data: layouts and code tables, and the rules that a layout cannot say.

Nothing is decided here; the files themselves live in `schemas/agencies/ibk_miso/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from mocks.kit.fixed_width import FieldValue, Record, read_layout

FOLDER = Path(__file__).parents[2] / "schemas" / "agencies" / "ibk_miso"

CODES: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads((FOLDER / "codes.json").read_text(encoding="utf-8"))
"""The code tables, by name and code; see `codes.json`."""

LAYOUT = read_layout(FOLDER)
COMMON = LAYOUT["common"]

OPERATIONS: Mapping[str, str] = {
    number: told["operation"] for number, told in CODES["MSG_NO"].items() if "operation" in told
}
"""전문번호 of a request → its operation."""
REQUESTS: Mapping[str, Record | None] = {
    "register": LAYOUT["register"],
    "find": None,
    "withdraw": LAYOUT["cancel"],
    "precheck": LAYOUT["capacity"],
    "probe": None,
}
"""Operation → the record behind the common part of its request; None if there is none."""

Values = Mapping[str, FieldValue]

_FORMS = {
    "RRNO": re.compile(r"[0-9]{13}"),
    "BRNO": re.compile(r"[0-9]{10}"),
    "LGLDONG_CD": re.compile(r"[0-9]{10}"),
    "ZIP_NO": re.compile(r"[0-9]{5}"),
    "TEL_NO": re.compile(r"[0-9]{8,12}"),
    "PIC_TEL": re.compile(r"[0-9]{8,12}"),
    "TX_UNQ_NO": re.compile(r"[0-9A-Za-z]{20}"),
    "TRC_NO": re.compile(r"[0-9A-Za-z]{32}"),
}
_NOT_AFTER_REFERRAL = ("CNSL_YMD", "BIRTH_YMD", "OPEN_YMD")


class MalformedError(Exception):
    """0101 형식오류: which field is the first that breaks the contract; empty for the telegram as a whole."""

    def __init__(self, field: str = "") -> None:
        super().__init__(field)
        self.field = field


def check_forms(values: Values) -> None:
    """Check what the layout cannot say.

    Raises:
        MalformedError: the first field that breaks it.
    """
    for name, form in _FORMS.items():
        if name in values and not form.fullmatch(str(values[name])):
            raise MalformedError(name)
    if ("DEBT_CNT" in values) != ("DEBT_AMT" in values):
        raise MalformedError("DEBT_AMT" if "DEBT_CNT" in values else "DEBT_CNT")
    referred = str(values.get("RQST_YMD", ""))
    for name in _NOT_AFTER_REFERRAL:
        if str(values.get(name, referred)) > referred:
            raise MalformedError(name)
    if str(values.get("DUE_YMD", referred)) < referred:
        raise MalformedError("DUE_YMD")


def filled_names(record: Record, data: bytes) -> tuple[str, ...]:
    """Return the names of the fields that are not blank, of a record that may be malformed."""
    return tuple(
        field.name
        for field in record.fields
        if field.kind not in {"const", "filler"} and data[field.start : field.start + field.size].strip(b" ")
    )
