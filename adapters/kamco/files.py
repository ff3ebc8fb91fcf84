"""Whole files of the contract: 의뢰파일 written, 결과파일 read. Pure: bytes in, bytes out, no folder and no clock.

Every record is 300 bytes of CP949 and a CR LF behind it. What the records mean is in `mapping`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files

from adapters.kamco import codes
from adapters.kamco.mapping import FIELDS, Values, fact_from, line_from, referral_values, withdrawal_values
from adapters.sdk import (
    RECEIPT,
    Acknowledged,
    Delivered,
    Fact,
    FoldOrder,
    MisconfiguredError,
    ResultFile,
    ResultLine,
    SubmitOrder,
    WithdrawOrder,
)
from adapters.sdk.fixed_length import FixedRecord, LayoutError, Value, load_layouts
from adapters.sdk.kst import kst_today, to_day

REQUEST_NAME = re.compile(r"REQ_[0-9]{8}_[0-9]{3}\.dat", re.ASCII)
RESULT_NAME = re.compile(r"RES_[0-9]{8}_[0-9]{3}\.dat", re.ASCII)
_END = b"\r\n"
_TRAILER = b"T"

Member = SubmitOrder | WithdrawOrder


def request_name(day: date, number: int) -> str:
    """Return the name of the `number`-th 의뢰파일 of a day."""
    return f"REQ_{to_day(day)}_{number:03d}.dat"


def write_member(member: Member) -> bytes:
    """Write one D record.

    Raises:
        CannotExpressError: the field, or the receipt, that it cannot carry.
    """
    if isinstance(member, SubmitOrder):
        return _record("referral").write(referral_values(member), FIELDS)
    return _record("withdrawal").write(withdrawal_values(member), {"RCPT_NO": RECEIPT})


def write_request(order: FoldOrder, org_code: str) -> bytes:
    """Write a whole 의뢰파일: the same bytes for the same members.

    Raises:
        CannotExpressError: a member holds what its record cannot carry.
        MisconfiguredError: the name is not that of the day and number which the header tells.
    """
    day = kst_today(order.made_at)
    if order.name != request_name(day, order.number):
        raise MisconfiguredError("kamco: the file's name tells another day or number than its header")
    members = [write_member(member) for member in order.members]
    total = sum(_total_of(member) for member in order.members)
    header: Values = {"ORG_CD": org_code, "WRT_YMD": day, "FILE_SN": order.number, "REC_CNT": len(members)}
    trailer: Values = {"REC_CNT": len(members), "DEBT_SUM_AMT": total}
    records = [_record("request_header").write(header, {}), *members, _record("request_trailer").write(trailer, {})]
    return b"".join(record + _END for record in records)


def read_result(name: str, data: bytes, org_code: str) -> ResultFile | None:
    """Read a whole 결과파일; None if it is still being written: its last record is no whole trailer."""
    records = data.split(_END)
    if len(records) < 2 or records.pop() or not _is_trailer(records[-1]):  # noqa: PLR2004 - one CR LF makes two parts
        return None
    try:
        return _read(name, records, org_code)
    except LayoutError as error:
        return ResultFile(name, unreadable=str(error))


def _is_trailer(record: bytes) -> bool:
    return record[:1] == _TRAILER and len(record) == _record("result_trailer").size


def _read(name: str, records: Sequence[bytes], org_code: str) -> ResultFile:
    header, trailer = _record("result_header").read(records[0]), _record("result_trailer").read(records[-1])
    told = [_told(record) for record in records[1:-1]]
    _check_header(name, header, org_code)
    if not header["REC_CNT"] == trailer["REC_CNT"] == len(told):
        raise LayoutError("result_trailer.REC_CNT: not the number of records")
    answers, code = _text(header, "RQST_FILE_NM"), _text(header, "FILE_RSLT_CD")
    results = [line_from(values) for kind, values in told if kind == "result"]
    if trailer["DONE_CNT"] != sum(_is_done(line) for line in results):
        raise LayoutError("result_trailer.DONE_CNT: not the number of lines that were done")
    if results and code != codes.DONE:
        raise LayoutError("result_header.FILE_RSLT_CD: lines of a file that was not taken")
    lines = (*_each_once(results), *_progress([values for kind, values in told if kind == "progress"]))
    return ResultFile(name, answers, code if code != codes.DONE else None, lines)


def _told(record: bytes) -> tuple[str, Values]:
    kind = {b"D": "result", b"P": "progress"}.get(record[:1])
    if kind is None:
        raise LayoutError("a record that is neither D nor P")
    return kind, _record(kind).read(record)


def _check_header(name: str, header: Values, org_code: str) -> None:
    day, number = header["WRT_YMD"], header["FILE_SN"]
    if not isinstance(day, date) or name != f"RES_{to_day(day)}_{number:03d}.dat":
        raise LayoutError("result_header: another day or number than the file's name")
    if header["ORG_CD"] != org_code:
        raise LayoutError("result_header.ORG_CD: meant for another institution")
    answers, code = _text(header, "RQST_FILE_NM"), _text(header, "FILE_RSLT_CD")
    if (answers is None) != (code is None) or (answers is not None and not REQUEST_NAME.fullmatch(answers)):
        raise LayoutError("result_header.RQST_FILE_NM: no name of a file of ours with its result")


def _is_done(line: ResultLine) -> bool:
    return isinstance(line.outcome, Delivered | Acknowledged) and line.outcome.raw_code == codes.DONE


def _each_once(lines: Sequence[ResultLine]) -> list[ResultLine]:
    """Drop what is said twice.

    Raises:
        LayoutError: one line is said to have come to two things.
    """
    kept = list(dict.fromkeys(lines))
    if len({(line.wire_key, line.is_withdrawal) for line in kept}) != len(kept):
        raise LayoutError("result.LINE_KEY: one line with two results")
    return kept


def _progress(told: Sequence[Values]) -> list[ResultLine]:
    """Gather the steps of each case in the order of their numbers, each once, however they came."""
    cases: dict[str, list[Fact]] = {}
    for values in sorted(told, key=lambda one: int(str(one["PRGR_SN"]))):
        cases.setdefault(str(values["LINE_KEY"]), []).append(fact_from(values))
    return [ResultLine(key, facts=tuple(dict.fromkeys(facts))) for key, facts in cases.items()]


def _total_of(member: Member) -> int:
    total = referral_values(member)["DEBT_TOT_AMT"] if isinstance(member, SubmitOrder) else 0
    return total if isinstance(total, int) else 0


def _text(values: Mapping[str, Value | None], name: str) -> str | None:
    value = values[name]
    return value if isinstance(value, str) else None


@cache
def _layouts() -> Mapping[str, FixedRecord]:
    return load_layouts(files("schemas") / "agencies" / "kamco")


def _record(name: str) -> FixedRecord:
    return _layouts()[name]
