"""Between the common language and the data part of a telegram, both ways. Pure: no I/O, no clock, no settings.

`FIELDS` is the whole of what the foundation may see: each wire field that carries a field of the common schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from adapters.ibk_miso import codes
from adapters.ibk_miso.telegrams import NAME, layouts, read
from adapters.sdk import RECEIPT, BadReplyError, CannotExpressError, Capacity, Fact, SubmitOrder, WithdrawOrder
from adapters.sdk.fixed_length import Value
from schemas.address import DisclosedAddress
from schemas.client import DisclosedClient, Employment, Household
from schemas.services import ServiceCode

FIELDS: dict[str, str] = {
    "RQST_TP": "referral.kind",
    "SVC_CD": "referral.service_code",
    "EMRG_YN": "referral.urgency",
    "RQST_YMD": "referral.referred_on",
    "CNSL_YMD": "referral.counselled_on",
    "DUE_YMD": "referral.due_on",
    "PIC_NM": "referral.officer_name",
    "PIC_TEL": "referral.officer_phone",
    "CUST_NM": "client.name",
    "BIRTH_YMD": "client.birth_date",
    "RRNO": "client.rrn",
    "SEX_CD": "client.sex",
    "TEL_NO": "client.phones",
    "ZIP_NO": "client.address.zip_no",
    "ROAD_ADDR": "client.address.road_addr_part1",
    "DTL_ADDR": "client.address.addr_detail",
    "LGLDONG_CD": "client.address.adm_cd",
    "EMPL_CD": "client.employment.status",
    "BRNO": "client.employment.business_number",
    "OPEN_YMD": "client.employment.business_registered_on",
    "HSHD_CNT": "client.household.size",
    "MM_INCM_AMT": "client.household.monthly_income",
    "MDN_INCM_RT": "client.household.median_income_percent",
    "DEBT_CNT": "client.debts.amount",
    "DEBT_AMT": "client.debts.amount",
    "RQST_CN": "referral.opinion",
}
"""Wire field → field path of the common schema."""

REQUIRED = frozenset(FIELDS[one.name] for one in layouts()["register"].fields if one.required)
"""The field paths that a registration cannot do without."""

_ROW = layouts()["progress"].size

Coded = TypeVar("Coded")


def register_data(order: SubmitOrder) -> bytes:
    """Write the data of 0200 대출상담 의뢰 등록.

    Raises:
        CannotExpressError: a required field is absent, a value does not fit the wire, or debts are told in part.
    """
    client, referral = order.document.client, order.document.referral
    values = {
        "RQST_TP": _coded("RQST_TP", referral.kind, codes.KINDS),
        "SVC_CD": service_code(referral.service_code),
        "EMRG_YN": _coded("EMRG_YN", referral.urgency, codes.URGENCIES),
        "RQST_YMD": referral.referred_on,
        "CNSL_YMD": referral.counselled_on,
        "DUE_YMD": referral.due_on,
        "PIC_NM": referral.officer_name,
        "PIC_TEL": _digits(referral.officer_phone),
        "RQST_CN": _one_line(referral.opinion),
        **_person(client),
        **_circumstances(client),
    }
    return layouts()["register"].write(values, FIELDS)


def cancel_data(order: WithdrawOrder) -> bytes:
    """Write the data of 0400 취소(철회).

    Raises:
        CannotExpressError: the receipt does not fit the wire.
    """
    values = {"RCPT_NO": order.receipt, "CNCL_RSN": codes.WITHDRAWALS[order.reason]}
    return layouts()["cancel"].write(values, {"RCPT_NO": RECEIPT})


def capacity_data(service: ServiceCode) -> bytes:
    """Write the data of 0500 여력 조회.

    Raises:
        CannotExpressError: the foundation has no such service.
    """
    return layouts()["capacity"].write({"SVC_CD": service_code(service)}, FIELDS)


def service_code(service: ServiceCode | None) -> str | None:
    """Return 상담상품코드.

    Raises:
        CannotExpressError: the foundation has no such service.
    """
    return _coded("SVC_CD", service, codes.SERVICES)


def registered_from(data: bytes) -> tuple[str, Fact]:
    """Read 0210: the receipt, and 접수 as a poll would tell it.

    Raises:
        BadReplyError: it is not as the contract says.
    """
    told: Any = read(layouts()["registered"], data)
    return told["RCPT_NO"], _received(told)


def inquired_from(data: bytes) -> tuple[str, str, tuple[Fact, ...]]:
    """Read 0310: the receipt, the present 진행상태, and the history in the order of its numbers, each once.

    Raises:
        BadReplyError: it is not as the contract says.
    """
    head = layouts()["inquired"]
    told: Any = read(head, data[: head.size])
    rows = [data[start : start + _ROW] for start in range(head.size, len(data), _ROW)]
    if len(rows) != told["ST_CNT"]:
        raise BadReplyError(f"{NAME}: the answer has another number of rows than it says (ST_CNT)")
    history: list[Any] = sorted((read(layouts()["progress"], row) for row in rows), key=_serial)
    return told["RCPT_NO"], told["PRGR_ST"], tuple(dict.fromkeys(_fact_from(one, told) for one in history))


def cancelled_from(data: bytes) -> tuple[str, str]:
    """Read 0410: the receipt, and 진행상태, which must be 취소.

    Raises:
        BadReplyError: it is not as the contract says.
    """
    told: Any = read(layouts()["cancelled"], data)
    if told["PRGR_ST"] != codes.CANCELLED:
        raise BadReplyError(f"{NAME}: what was cancelled is not (PRGR_ST)")
    return told["RCPT_NO"], told["PRGR_ST"]


def room_from(data: bytes, service: str | None) -> Capacity:
    """Read 0510: whether the branch takes referrals this month.

    Raises:
        BadReplyError: it is not as the contract says, or about another service.
    """
    told: Any = read(layouts()["room"], data)
    if told["SVC_CD"] != service:
        raise BadReplyError(f"{NAME}: the answer is about another service (SVC_CD)")
    return Capacity(told["OPEN_YN"] == "Y", told["OPEN_YN"], told["ROOM_CNT"], told["NEXT_YMD"])


def _person(client: DisclosedClient) -> dict[str, Value | None]:
    address = client.address or DisclosedAddress()
    return {
        "CUST_NM": client.name,
        "BIRTH_YMD": client.birth_date,
        "RRNO": client.rrn,
        "SEX_CD": _coded("SEX_CD", client.sex, codes.SEXES),
        "TEL_NO": _digits(client.phones[0]) if client.phones else None,
        "ZIP_NO": address.zip_no,
        "ROAD_ADDR": address.road_addr_part1,
        "DTL_ADDR": address.addr_detail,
        "LGLDONG_CD": address.adm_cd,
    }


def _circumstances(client: DisclosedClient) -> dict[str, Value | None]:
    household, employment = client.household or Household(), client.employment or Employment()
    amounts = [debt.amount for debt in client.debts if debt.amount is not None]
    if amounts and len(amounts) != len(client.debts):
        why = "채무마다 적거나 모두 비워야 합니다 (tell it of every debt, or of none)"
        raise CannotExpressError(FIELDS["DEBT_AMT"], why)
    return {
        "EMPL_CD": _coded("EMPL_CD", employment.status, codes.EMPLOYMENTS),
        "BRNO": employment.business_number,
        "OPEN_YMD": employment.business_registered_on,
        "HSHD_CNT": household.size,
        "MM_INCM_AMT": household.monthly_income,
        "MDN_INCM_RT": household.median_income_percent,
        "DEBT_CNT": len(amounts) or None,
        "DEBT_AMT": sum(amounts) if amounts else None,
    }


def _received(told: Mapping[str, Any]) -> Fact:
    """Read 접수, which the history tells as its first row."""
    return Fact(
        business=codes.STATUSES[codes.RECEIVED],
        raw_code=codes.RECEIVED,
        occurred_at=told["RCPT_DT"],
        serial="1",
        text=_branch(told),
    )


def _fact_from(row: Mapping[str, Any], told: Mapping[str, Any]) -> Fact:
    code, reason, words = row["PRGR_ST"], row["CLS_RSN"], row["ST_CN"]
    text = _branch(told) if code == codes.RECEIVED and words is None else words
    return Fact(
        business=codes.STATUSES[code],
        raw_code=code,
        occurred_at=row["ST_DT"],
        serial=str(row["ST_SN"]),
        outcome=codes.OUTCOMES[reason] if reason else None,
        text=text,
    )


def _serial(row: Mapping[str, Any]) -> int:
    return int(row["ST_SN"])


def _branch(told: Mapping[str, Any]) -> str:
    return f"담당지점 {told['BR_CD']} {told['BR_NM']}"


def _coded(field: str, value: Coded | None, table: Mapping[Coded, str]) -> str | None:
    if value is not None and value not in table:
        raise CannotExpressError(FIELDS[field], "미소금융재단에 없는 코드입니다 (the foundation has no code for it)")
    return None if value is None else table[value]


def _digits(phone: str | None) -> str | None:
    return phone and re.sub(r"[^0-9]", "", phone)


def _one_line(text: str | None) -> str | None:
    """Fold line breaks: the wire has none, and the words stay the same."""
    return text and " ".join(text.split())
