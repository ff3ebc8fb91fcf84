"""The common part (공통부) of a telegram: written before what is asked, and judged before the rest of an answer.

What stands behind it is the matter of `mapping`, what a response code means that of `codes`. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files

from adapters.ibk_miso import codes
from adapters.sdk import BadReplyError, FixedRecord, LayoutError, MisconfiguredError, UncertainError, load_layouts
from adapters.sdk.fixed_length import Value

NAME = "ibk_miso"

_REQUEST, _RESPONSE = "1", "2"
_WITH_DATA = frozenset({codes.DONE, codes.REGISTERED_BEFORE})


@cache
def layouts() -> Mapping[str, FixedRecord]:
    """Return the records of the contract, by name."""
    return load_layouts(files("schemas") / "agencies" / NAME)


@dataclass(frozen=True)
class Asked:
    """What an answer must repeat of the telegram that it answers."""

    number: str
    """전문번호: `0200`, …"""
    org_code: str
    """이용기관코드."""
    key: str
    """거래고유번호: our key for the referral, or a number that is used once where there is none."""
    trace: str
    """전문추적번호, new at every attempt."""


@dataclass(frozen=True)
class Answer:
    """An answer that is one to what was asked: its response code, and the data behind the common part."""

    code: str
    error_field: str | None = None
    """오류항목: which field the agency finds malformed."""
    data: bytes = field(default=b"", repr=False)


def write(asked: Asked, sent_at: datetime, data: bytes = b"") -> bytes:
    """Write one telegram, without its length prefix.

    Raises:
        MisconfiguredError: key or settings do not fit the common part.
    """
    common: dict[str, Value | None] = {
        "MSG_NO": asked.number,
        "TX_TP": _REQUEST,
        "ORG_CD": asked.org_code,
        "TX_UNQ_NO": asked.key,
        "TRC_NO": asked.trace,
        "SEND_DT": sent_at,
    }
    return layouts()["common"].write(common, {}) + data


def open_answer(telegram: bytes, asked: Asked) -> Answer:
    """Read the common part of an answer.

    Raises:
        BadReplyError: it is no telegram of the contract, or it answers something else.
        UncertainError: the agency broke down (9999), or had this very telegram before: what it did is not known.
    """
    common = layouts()["common"]
    head = read(common, telegram[: common.size])
    repeated = {
        "MSG_NO": asked.number[:2] + "10",
        "TX_TP": _RESPONSE,
        "ORG_CD": asked.org_code,
        "TX_UNQ_NO": asked.key,
        "TRC_NO": asked.trace,
    }
    for name, value in repeated.items():
        if head[name] != value:
            raise BadReplyError(f"{NAME}: the answer is to something else ({name})")
    answer = Answer(str(head["RSP_CD"]), _text(head["ERR_FLD"]), telegram[common.size :])
    if answer.code not in codes.ANSWERS[asked.number] or (answer.data and answer.code not in _WITH_DATA):
        raise BadReplyError(f"{NAME}: the contract has no such answer to {asked.number}")
    if answer.code == codes.BROKE_DOWN or answer.error_field == "TRC_NO":
        raise UncertainError(f"{NAME}: what the agency did is not known ({answer.code})")
    return answer


def check_understood(answer: Answer) -> None:
    """Stop an answer that says that our telegram was malformed.

    Raises:
        MisconfiguredError: it says so, and nothing was done.
    """
    if answer.code == codes.MALFORMED:
        raise MisconfiguredError(f"{NAME}: the agency cannot read {_known(answer.error_field)} ({answer.code})")


def read(record: FixedRecord, data: bytes) -> dict[str, Value | None]:
    """Read one record of an answer.

    Raises:
        BadReplyError: it is not as the layout says.
    """
    try:
        return record.read(data)
    except LayoutError as error:
        raise BadReplyError(f"{NAME}: {error}") from None


def _known(name: str | None) -> str:
    """Return a field's name if it is one of the contract's: what an agency says beside is not repeated."""
    names = {one.name for record in layouts().values() for one in record.fields}
    return name if name in names else "our telegram"


def _text(value: Value | None) -> str | None:
    return value if isinstance(value, str) else None
