"""The faults of `mocks.kit.file_faults` as this agency carries them out: what each does to a file. Pure."""

from __future__ import annotations

from dataclasses import replace

from mocks.kamco.contract import END_OF_RECORD
from mocks.kamco.files import Line, RequestFile, ResultFile, Told, write_result
from mocks.kit.file_faults import FILE_CATALOGUE

OWN_FAULTS = frozenset(FILE_CATALOGUE)

_WRONG_REFUSALS = {
    "line_refused_length": ("E01", ""),
    "line_refused_required": ("E02", "CUST_NM"),
    "line_refused_code": ("E03", "SVC_CD"),
}
_STRANGER = "NR20000101ZZZZZZZZZZ"


def misread(fault: str, file: RequestFile) -> RequestFile:
    """Judge a good 의뢰파일 as the fault asks."""
    if fault == "file_rejected":
        return replace(file, code="F001")
    code, wrong_field = _WRONG_REFUSALS[fault]
    first = next((line for line in file.lines if line.kind == "N"), None)
    return replace(
        file, lines=tuple(_spoilt(line, code, wrong_field) if line is first else line for line in file.lines)
    )


def _spoilt(line: Line, code: str, wrong_field: str) -> Line:
    return replace(line, code=code, wrong_field=wrong_field)


def miswrite(fault: str, file: ResultFile, day: str, number: int) -> bytes:
    """Write a 결과파일 as the fault asks; honestly, if it is none that changes bytes."""
    if fault == "result_wrong_count":
        return write_result(file, day, number, uncounted=1)
    if fault == "result_garbled":
        return _garbled(write_result(file, day, number))
    return write_result(replace(file, told=_rearranged(fault, file.told)), day, number)


def _rearranged(fault: str, told: tuple[Told, ...]) -> tuple[Told, ...]:
    if fault == "result_lines_missing":
        return told[:-1]
    if fault == "result_lines_twice":
        return tuple(one for one in told for _ in range(2))
    if fault == "result_unknown_line" and told:
        return (*told, replace(told[-1], values={**told[-1].values, "LINE_KEY": _STRANGER}))
    return told


def _garbled(data: bytes) -> bytes:
    """Put the first byte of 가 at the very end of the record before the trailer."""
    records = data.split(END_OF_RECORD)
    records[-3] = records[-3][:-1] + "가".encode("cp949")[:1]
    return END_OF_RECORD.join(records)
