"""Between the common language and the bodies of the contract, both ways. Pure: no I/O, no clock, no settings.

`FIELDS` is the whole of what an office may see: each wire field that carries a field of the common schema.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from adapters.community_center import codes
from adapters.community_center.contract import CONTRACT
from adapters.sdk import BadReplyError, CannotExpressError, Fact, SubmitOrder, SupplementOrder, WithdrawOrder
from adapters.sdk.json_contract import Message
from adapters.sdk.kst import from_kst, to_day
from schemas.address import DisclosedAddress
from schemas.client import Household
from schemas.disclosure import Disclosure
from schemas.referral import Urgency

FIELDS: dict[str, str] = {
    "rqstSecd": "referral.kind",
    "rqstYmd": "referral.referred_on",
    "cnslYmd": "referral.counselled_on",
    "prcsTmlmYmd": "referral.due_on",
    "svcCd": "referral.service_code",
    "emrgYn": "referral.urgency",
    "picNm": "referral.officer_name",
    "picTelno": "referral.officer_phone",
    "rqstOpnn": "referral.opinion",
    "splmCn": "referral.opinion",
    "tgtrNm": "client.name",
    "tgtrBrthYmd": "client.birth_date",
    "tgtrRrno": "client.rrn",
    "tgtrTelno": "client.phones",
    "sexCd": "client.sex",
    "lgldongCd": "client.address.adm_cd",
    "zipNo": "client.address.zip_no",
    "roadNmAddr": "client.address.road_addr_part1",
    "dtlAddr": "client.address.addr_detail",
    "hshdPersCnt": "client.household.size",
    "mnthIncmAmt": "client.household.monthly_income",
    "mdnIncmRt": "client.household.median_income_percent",
    "debtTotAmt": "client.debts.amount",
    "debtCnt": "client.debts.amount",
}
"""Wire field → field path of the common schema."""

REQUIRED = frozenset(
    FIELDS[name]
    for name in ("rqstSecd", "rqstYmd", "svcCd", "emrgYn", "tgtrNm", "tgtrBrthYmd", "tgtrTelno", "lgldongCd")
)
"""The field paths that a registration cannot do without."""

_MOST_WON = 10**15
_WITHDRAWAL_PREFIX = "WD"

Value = TypeVar("Value")


def register_body(order: SubmitOrder) -> dict[str, Any]:
    """Write 서비스의뢰등록.

    Raises:
        CannotExpressError: a required field is absent, or a value does not fit the wire.
    """
    client, referral = order.document.client, order.document.referral
    body = {
        "refRqstNo": order.wire_key,
        "rqstSecd": _mapped("rqstSecd", referral.kind, codes.KINDS),
        "rqstYmd": _written(referral.referred_on, to_day),
        "cnslYmd": _written(referral.counselled_on, to_day),
        "prcsTmlmYmd": _written(referral.due_on, to_day),
        "svcCd": _mapped("svcCd", referral.service_code, codes.SERVICES),
        "emrgYn": _written(referral.urgency, _yes_if_urgent),
        "picNm": referral.officer_name,
        "picTelno": _written(referral.officer_phone, _digits),
        "rqstOpnn": referral.opinion,
        "tgtrNm": client.name,
        "tgtrBrthYmd": _written(client.birth_date, to_day),
        "tgtrRrno": client.rrn,
        "sexCd": _mapped("sexCd", client.sex, codes.SEXES),
        "lgldongCd": client.address.adm_cd if client.address else None,
        **_circumstances(order.document),
    }
    return _filled(body, REQUIRED)


def supplement_body(order: SupplementOrder) -> dict[str, Any]:
    """Write 보완제출: the opinion is what was asked for; who the client is, the office knows already.

    Raises:
        CannotExpressError: there is no opinion, or a value does not fit the wire.
    """
    body = {
        "splmRqstNo": order.supplement_key,
        "refRqstNo": order.wire_key,
        "rcptNo": order.receipt,
        "splmCn": order.document.referral.opinion,
        **_circumstances(order.document),
    }
    return _filled(body, frozenset({FIELDS["splmCn"]}))


def withdraw_body(order: WithdrawOrder) -> dict[str, Any]:
    """Write 의뢰철회. A referral is withdrawn once, so the withdrawal's key follows from the referral's."""
    return {
        "whdrwRqstNo": withdrawal_key(order.wire_key),
        "refRqstNo": order.wire_key,
        "rcptNo": order.receipt,
        "whdrwRsnCd": codes.WITHDRAWALS[order.reason],
    }


def withdrawal_key(wire_key: str) -> str:
    """Return the key of the withdrawal of the referral that `wire_key` names: 20 characters, like it."""
    return _WITHDRAWAL_PREFIX + wire_key[len(_WITHDRAWAL_PREFIX) :]


def _circumstances(document: Disclosure) -> dict[str, Any]:
    """Write what registration and supplement have in common: how to reach the client, and how they live."""
    client = document.client
    address, household = client.address or DisclosedAddress(), client.household or Household()
    amounts = [debt.amount for debt in client.debts if debt.amount is not None]
    return {
        "tgtrTelno": _digits(client.phones[0]) if client.phones else None,
        "zipNo": address.zip_no,
        "roadNmAddr": address.road_addr_part1,
        "dtlAddr": address.addr_detail,
        "hshdPersCnt": household.size,
        "mnthIncmAmt": household.monthly_income,
        "mdnIncmRt": household.median_income_percent,
        "debtTotAmt": _total(amounts) if amounts else None,
        "debtCnt": len(amounts) or None,
    }


def received_fact(result: Message, office: str) -> Fact:
    """Read 접수 from the result of a registration; an office other than `office` carries it if it came there first."""
    elsewhere = result["rcptOrgCd"] != office
    return Fact(
        business=codes.STATUSES["10"],
        raw_code="10",
        occurred_at=_moment(result["rcptDt"]),
        office=result["rcptOrgCd"] if elsewhere else None,
        receipt=result["rcptNo"] if elsewhere else None,
    )


def facts_from(result: Message) -> tuple[Fact, ...]:
    """Read the list of 진행상태 in the order of its numbers, each once, however the agency sent it.

    Raises:
        BadReplyError: a time that does not exist.
    """
    told = sorted(result["sttsList"], key=lambda one: int(one["sttsSn"]))
    facts = [fact_from(one) for one in told]
    return tuple(dict.fromkeys(facts))


def fact_from(told: Message) -> Fact:
    """Read one 진행상태.

    Raises:
        BadReplyError: a time that does not exist.
    """
    code = told["prgrSttsCd"]
    reason = told.get("clsRsnCd")
    return Fact(
        business=codes.STATUSES[code],
        raw_code=code,
        occurred_at=_moment(told["prgrDt"]),
        office=told.get("trnsfOrgCd"),
        receipt=told.get("trnsfRcptNo"),
        serial=str(told["sttsSn"]),
        outcome=codes.OUTCOMES[reason] if reason else None,
        text=_words(told),
    )


def transfer_from(notice: Message) -> Fact:
    """Read 이송통보, which tells the same as a 진행상태 91.

    Raises:
        BadReplyError: a time that does not exist.
    """
    return fact_from({**notice, "prgrSttsCd": "91"})


def _words(told: Message) -> str | None:
    """Gather what the office says in words, and the reasons that it gives as codes."""
    due = told.get("splmTmlmYmd")
    lines = [
        told.get("splmRqstCn"),
        f"보완기한 {due[:4]}-{due[4:6]}-{due[6:]}" if due else None,
        told.get("prcsRsltCn"),
        _reason("종결사유", "clsRsnCd", told),
        _reason("이송사유", "trnsfRsnCd", told),
    ]
    return unicodedata.normalize("NFC", "\n".join(line for line in lines if line)) or None


def _reason(title: str, field: str, told: Message) -> str | None:
    code = told.get(field)
    return f"{title} {code} {CONTRACT.codes[field][code]['ko']}" if code else None


def _filled(body: Mapping[str, Any], required: frozenset[str]) -> dict[str, Any]:
    kept = {name: value for name, value in body.items() if value is not None}
    missing = sorted(required - {FIELDS[name] for name in kept if name in FIELDS})
    if missing:
        raise CannotExpressError(
            missing[0], "주민센터 의뢰에 반드시 필요한 항목입니다 (the offices cannot do without it)"
        )
    return kept


def _mapped(field: str, value: Any, table: Mapping[Any, str]) -> str | None:
    if value is not None and value not in table:
        raise CannotExpressError(FIELDS[field], "주민센터가 제공하지 않습니다 (the offices have no code for it)")
    return None if value is None else table[value]


def _written(value: Value | None, write: Callable[[Value], str]) -> str | None:
    return None if value is None else write(value)


def _yes_if_urgent(urgency: Urgency) -> str:
    return "Y" if urgency is Urgency.URGENT else "N"


def _digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)


def _total(amounts: list[int]) -> int:
    total = sum(amounts)
    if total > _MOST_WON:
        raise CannotExpressError(FIELDS["debtTotAmt"], "채무 총액이 너무 큽니다 (the total is more than 10^15 won)")
    return total


def _moment(text: str) -> datetime:
    try:
        return from_kst(text)
    except ValueError:
        raise BadReplyError("community_center: a time in the answer does not exist") from None
