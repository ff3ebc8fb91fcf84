"""Between the common language and the messages of the contract, both ways. Pure: no I/O, no clock, no settings.

`FIELDS` is the whole of what the agency may see: each wire field that carries a field of the common schema.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from adapters.gjf import codes
from adapters.gjf.contract import CONTRACT, NAME
from adapters.sdk import BadReplyError, CannotExpressError, Fact, Found, SubmitOrder, WithdrawOrder
from adapters.sdk.json_contract import Message
from adapters.sdk.kst import from_kst, to_day
from schemas.address import DisclosedAddress
from schemas.client import Employment

FIELDS: dict[str, str] = {
    "jbskrNm": "client.name",
    "brthYmd": "client.birth_date",
    "sexCd": "client.sex",
    "telnoList": "client.phones",
    "lgldongCd": "client.address.adm_cd",
    "empSttsCd": "client.employment.status",
    "wntdJobNm": "client.employment.wanted_job",
    "cnslOpnn": "referral.opinion",
    "rqstYmd": "referral.referred_on",
    "picNm": "referral.officer_name",
    "picTelno": "referral.officer_phone",
}
"""Wire field → field path of the common schema."""

REQUIRED = frozenset(FIELDS[name] for name in ("jbskrNm", "brthYmd", "telnoList", "lgldongCd", "rqstYmd"))
"""The field paths without which nothing is taken."""

_WITHDRAWAL_PREFIX = "WD"

Value = TypeVar("Value")


def register_body(order: SubmitOrder) -> dict[str, Any]:
    """Write 구직 의뢰.

    Raises:
        CannotExpressError: a required field is absent.
    """
    client, referral = order.document.client, order.document.referral
    address, employment = client.address or DisclosedAddress(), client.employment or Employment()
    body = {
        "extReqId": order.wire_key,
        "jbskrNm": client.name,
        "brthYmd": _written(client.birth_date, to_day),
        "sexCd": _written(client.sex, codes.SEXES.__getitem__),
        "telnoList": [_digits(phone) for phone in client.phones] or None,
        "lgldongCd": address.adm_cd,
        "empSttsCd": _written(employment.status, codes.EMPLOYMENT.__getitem__),
        "wntdJobNm": employment.wanted_job,
        "cnslOpnn": referral.opinion,
        "rqstYmd": _written(referral.referred_on, to_day),
        "picNm": referral.officer_name,
        "picTelno": _written(referral.officer_phone, _digits),
    }
    kept = {name: value for name, value in body.items() if value is not None}
    missing = sorted(REQUIRED - {FIELDS[name] for name in kept if name in FIELDS})
    if missing:
        raise CannotExpressError(missing[0], "구직 의뢰에 반드시 필요한 항목입니다 (gjf cannot do without it)")
    return kept


def withdraw_body(order: WithdrawOrder) -> dict[str, Any]:
    """Write 철회. A referral is withdrawn once, so the withdrawal's key follows from the referral's."""
    key = _WITHDRAWAL_PREFIX + order.wire_key[len(_WITHDRAWAL_PREFIX) :]
    return {"whdrwReqId": key, "whdrwRsnCd": codes.WITHDRAWALS[order.reason]}


def received_fact(item: Message) -> Fact:
    """Read 접수, which is the first row of every history.

    Raises:
        BadReplyError: a time that does not exist.
    """
    return Fact(codes.STATUSES["01"], "01", _moment(item["rcptDt"]), serial="1")


def found_from(items: Sequence[Message]) -> Found:
    """Read what a look-up found: the first registration, and further ones under the same key.

    Raises:
        BadReplyError: a time that does not exist.
    """
    first, *others = sorted(items, key=lambda item: (item["rcptDt"], item["rfrlNo"]))
    duplicates = tuple(item["rfrlNo"] for item in others if item["rfrlNo"] != first["rfrlNo"])
    return Found(first["rfrlNo"], first["sttsCd"], (received_fact(first),), duplicates)


def facts_from(rows: Sequence[Message]) -> tuple[Fact, ...]:
    """Read 진행 이력 in the order of its numbers, each once, however the agency sent it.

    Raises:
        BadReplyError: a time that does not exist.
    """
    return tuple(dict.fromkeys(map(_fact, sorted(rows, key=lambda row: int(row["sttsSn"])))))


def _fact(row: Message) -> Fact:
    code, reason = row["sttsCd"], row.get("clsRsnCd")
    lines = [row.get("rmkCn"), f"종결사유 {reason} {CONTRACT.codes['clsRsnCd'][reason]['ko']}" if reason else None]
    return Fact(
        business=codes.STATUSES[code],
        raw_code=code,
        occurred_at=_moment(row["sttsDt"]),
        serial=str(row["sttsSn"]),
        outcome=codes.OUTCOMES[reason] if reason else None,
        text=unicodedata.normalize("NFC", "\n".join(line for line in lines if line)) or None,
    )


def _moment(text: str) -> datetime:
    try:
        return from_kst(text)
    except ValueError:
        raise BadReplyError(f"{NAME}: a time in the answer does not exist") from None


def _written(value: Value | None, write: Callable[[Value], str]) -> str | None:
    return None if value is None else write(value)


def _digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)
