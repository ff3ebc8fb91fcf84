"""The five services of the branch: from the values of a request to the response code and data of its answer."""

from __future__ import annotations

from collections.abc import Sequence

from mocks.ibk_miso.book import BRANCH_CODE, BRANCH_NAME, CODE_OF, Book, Registration, Step
from mocks.ibk_miso.contract import LAYOUT, Values
from mocks.kit.kst import stamp

_NEWEST = 40
"""Rows of a history at most: more do not fit behind a 4-digit length."""

Served = tuple[str, bytes]


def serve(operation: str, key: str, values: Values, book: Book) -> Served:
    """Carry out one operation of the contract; return the response code and the data.

    Raises:
        RefusalError: the branch says no.
    """
    match operation:
        case "register":
            found, was_there = book.register(key, values)
            return ("0707" if was_there else "0000"), LAYOUT["registered"].write(_head(found))
        case "find":
            found = book.find(key)
            return "0000", history(found, found.steps[-_NEWEST:])
        case "withdraw":
            found, step = book.withdraw(key, values)
            told = {"RCPT_NO": found.receipt, "PRGR_ST": CODE_OF["withdrawn"], "CNCL_DT": stamp(step.at)}
            return "0000", LAYOUT["cancelled"].write(told)
        case "precheck":
            return "0000", _room(values, book)
        case _:
            return "0000", b""


def history(found: Registration, steps: Sequence[Step]) -> bytes:
    """Write the data of 0310 with these steps."""
    head = {**_head(found), "PRGR_ST": CODE_OF[steps[-1].state], "ST_CNT": len(steps)}
    return LAYOUT["inquired"].write(head) + b"".join(_row(step) for step in steps)


def _head(found: Registration) -> dict[str, str | int]:
    return {
        "RCPT_NO": found.receipt,
        "RCPT_DT": stamp(found.steps[0].at),
        "BR_CD": BRANCH_CODE,
        "BR_NM": BRANCH_NAME,
        "PRGR_ST": CODE_OF[found.state],
    }


def _row(step: Step) -> bytes:
    told = {"ST_SN": step.number, "PRGR_ST": CODE_OF[step.state], "ST_DT": stamp(step.at), **step.details}
    return LAYOUT["progress"].write(told)


def _room(values: Values, book: Book) -> bytes:
    day = book.next_open_day()
    return LAYOUT["room"].write(
        {
            "SVC_CD": values["SVC_CD"],
            "BR_CD": BRANCH_CODE,
            "OPEN_YN": "Y" if book.room() else "N",
            "ROOM_CNT": book.room(),
            "NEXT_YMD": f"{day:%Y%m%d}" if day else None,
        }
    )
