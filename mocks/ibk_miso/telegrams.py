"""The common part (공통부): read and judged of a request, and written before an answer. Assumed [A]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mocks.ibk_miso.contract import COMMON, OPERATIONS, MalformedError, check_forms
from mocks.kit.fixed_width import FieldValue, WidthError
from mocks.kit.kst import moment_of, stamp

TIME_WINDOW = timedelta(seconds=300)

_REQUEST, _ANSWER = "1", "2"


class UnreadableError(Exception):
    """A common part that is none: nobody can say which request it would be."""


@dataclass(frozen=True)
class Telegram:
    """A request whose common part can be read, though it may be malformed otherwise."""

    number: str
    common: Mapping[str, FieldValue] = field(repr=False)
    data: bytes = field(repr=False)

    @property
    def operation(self) -> str:
        """The operation that 전문번호 asks for; `other` if it asks for none."""
        return OPERATIONS.get(self.number, "other")

    @property
    def key(self) -> str:
        """거래고유번호."""
        return str(self.common["TX_UNQ_NO"])

    @property
    def trace(self) -> str:
        """전문추적번호."""
        return str(self.common["TRC_NO"])


def open_telegram(body: bytes) -> Telegram:
    """Read the common part.

    Raises:
        UnreadableError: it cannot be read.
    """
    try:
        common = COMMON.read(body[: COMMON.size])
    except WidthError:
        raise UnreadableError from None
    return Telegram(str(common["MSG_NO"]), common, body[COMMON.size :])


def check_common(telegram: Telegram, org_code: str, now: datetime) -> None:
    """Check that it is a request, of the centre, of the present time.

    Raises:
        MalformedError: it is not.
    """
    common = telegram.common
    if telegram.operation == "other":
        raise MalformedError("MSG_NO")
    if common["TX_TP"] != _REQUEST:
        raise MalformedError("TX_TP")
    if common["ORG_CD"] != org_code:
        raise MalformedError("ORG_CD")
    check_forms(common)
    sent = moment_of(str(common["SEND_DT"]))
    if abs(now - sent) > TIME_WINDOW:
        raise MalformedError("SEND_DT")
    for name in ("RSP_CD", "ERR_FLD"):
        if name in common:
            raise MalformedError(name)


def write_answer(telegram: Telegram, code: str, data: bytes = b"", error_field: str = "") -> bytes:
    """Write the answer to a request: what it repeats of it, the response code, and the data."""
    common = {
        "MSG_NO": f"{telegram.number[:2]}10",
        "TX_TP": _ANSWER,
        **{name: telegram.common[name] for name in ("ORG_CD", "TX_UNQ_NO", "TRC_NO")},
        "SEND_DT": stamp(datetime.now(UTC)),
        "RSP_CD": code,
        "ERR_FLD": error_field or None,
    }
    return COMMON.write(common) + data
