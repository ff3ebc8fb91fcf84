"""Whole files: judges a 의뢰파일 of the centre, writes a 결과파일. Pure: what a line does is the registrar's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mocks.kamco.contract import CODES, END_OF_RECORD, LAYOUT, REQUEST_NAME
from mocks.kit.fixed_width import FieldValue, Rule, WidthError

_RECORD_BYTES = 300
_LINE_HEAD = re.compile(rb"D(?P<key>[\x21-\x7e]{20})(?P<kind>[NC])")
_RECORD_OF = {"N": "referral", "C": "withdrawal"}
_CODE_OF = {Rule.LENGTH: "E01", Rule.REQUIRED: "E02", Rule.CODE: "E03", Rule.FORM: "E04"}


@dataclass(frozen=True)
class Line:
    """One D record of a 의뢰파일: what it says, or what is wrong with it."""

    key: str
    kind: str
    """N 신규 or C 철회."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict, repr=False)
    code: str = ""
    """The RSLT_CD of a record that cannot be read; empty for a good one."""
    wrong_field: str = ""


@dataclass(frozen=True)
class RequestFile:
    """A whole 의뢰파일."""

    name: str
    code: str
    """FILE_RSLT_CD: 0000, or why nothing of it is taken."""
    org_code: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Told:
    """One record of a 결과파일: which (`result`, `progress`), and what it says."""

    record: str
    values: Mapping[str, FieldValue | None] = field(repr=False)


@dataclass(frozen=True)
class ResultFile:
    """A 결과파일 that is to be written."""

    org_code: str
    answers: str | None
    """The 의뢰파일 that it answers; None for one that tells of progress only."""
    code: str | None
    told: tuple[Told, ...]


def read_request(name: str, data: bytes) -> RequestFile | None:
    """Read a 의뢰파일; None while it is being written: its last record is no whole trailer."""
    records = data.split(END_OF_RECORD)
    if records.pop() or not records or records[-1][:1] != b"T" or len(records[-1]) != _RECORD_BYTES:
        return None
    lines = tuple(line for record in records[1:-1] if (line := _read_line(record)) is not None)
    try:
        header = LAYOUT["request_header"].read(records[0])
        trailer = LAYOUT["request_trailer"].read(records[-1])
    except WidthError:
        return RequestFile(name, "F003", "", lines)
    code = _judge(name, header, trailer, records[1:-1], lines)
    return RequestFile(name, code, str(header["ORG_CD"]), lines)


def _judge(
    name: str,
    header: Mapping[str, FieldValue],
    trailer: Mapping[str, FieldValue],
    records: Sequence[bytes],
    lines: Sequence[Line],
) -> str:
    match = REQUEST_NAME.fullmatch(name)
    if match is None or (match["day"], int(match["number"])) != (header["WRT_YMD"], header["FILE_SN"]):
        return "F003"
    if header["ORG_CD"] not in CODES["ORG_CD"]:
        return "F004"
    if not header["REC_CNT"] == trailer["REC_CNT"] == len(records):
        return "F001"
    is_whole = len(lines) == len(records) and not any(line.code for line in lines)
    total = sum(int(line.fields["DEBT_TOT_AMT"]) for line in lines if line.kind == "N" and not line.code)
    if is_whole and total != trailer["DEBT_SUM_AMT"]:
        return "F002"
    return "0000"


def _read_line(record: bytes) -> Line | None:
    """Read a D record; None if not even its key can be read."""
    head = _LINE_HEAD.match(record)
    if head is None:
        return None
    key, kind = head["key"].decode("ascii"), head["kind"].decode("ascii")
    try:
        return Line(key, kind, LAYOUT[_RECORD_OF[kind]].read(record))
    except WidthError as error:
        return Line(key, kind, {}, _CODE_OF[error.rule], error.field)


def write_result(file: ResultFile, day: str, number: int, *, uncounted: int = 0) -> bytes:
    """Write a 결과파일. `uncounted` makes its trailer count so many records too many."""
    done = sum(one.values.get("RSLT_CD") == "0000" for one in file.told)
    header: Mapping[str, FieldValue | None] = {
        "ORG_CD": file.org_code,
        "WRT_YMD": day,
        "FILE_SN": number,
        "RQST_FILE_NM": file.answers,
        "FILE_RSLT_CD": file.code,
        "REC_CNT": len(file.told),
    }
    records = [
        LAYOUT["result_header"].write(header),
        *(LAYOUT[one.record].write(one.values) for one in file.told),
        LAYOUT["result_trailer"].write({"REC_CNT": len(file.told) + uncounted, "DONE_CNT": done}),
    ]
    return b"".join(record + END_OF_RECORD for record in records)
