"""Between the common language and the records of the contract, both ways. Pure: no I/O, no clock, no settings.

`FIELDS` is the whole of what KAMCO may see: each field of a record that carries a field of the common schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.kamco import codes
from adapters.sdk import (
    Acknowledged,
    CannotExpressError,
    Delivered,
    Fact,
    Refused,
    ResultLine,
    SubmitOrder,
    WithdrawOrder,
)
from adapters.sdk.fixed_length import LayoutError, Value
from schemas.address import DisclosedAddress
from schemas.client import DisclosedDebt, Employment, Household

FIELDS: dict[str, str] = {
    "SVC_CD": "referral.service_code",
    "RQST_YMD": "referral.referred_on",
    "CUST_NM": "client.name",
    "BRTH_YMD": "client.birth_date",
    "SEX_CD": "client.sex",
    "TELNO": "client.phones",
    "ZIP_NO": "client.address.zip_no",
    "ADDR": "client.address.road_addr_part1",
    "DTL_ADDR": "client.address.addr_detail",
    "DEBT_TOT_AMT": "client.debts.amount",
    "DEBT_CNT": "client.debts.amount",
    "SCRT_AMT": "client.debts.secured",
    "UNSC_AMT": "client.debts.secured",
    "OVDU_DCNT": "client.debts.days_overdue",
    "MNTH_INCM_AMT": "client.household.monthly_income",
    "HSHD_CNT": "client.household.size",
    "JOB_CD": "client.employment.status",
    "PIC_NM": "referral.officer_name",
    "PIC_TELNO": "referral.officer_phone",
}
"""Field of a record → field path of the common schema."""

REQUIRED = frozenset(
    FIELDS[name] for name in ("SVC_CD", "RQST_YMD", "CUST_NM", "BRTH_YMD", "TELNO", "DEBT_TOT_AMT", "DEBT_CNT")
)
"""The field paths that a referral cannot do without."""

Values = Mapping[str, Value | None]


def referral_values(order: SubmitOrder) -> dict[str, Value | None]:
    """Say one referral in the fields of a 신규 record.

    Raises:
        CannotExpressError: a value has no code at KAMCO, or debts are told in part.
    """
    client, referral = order.document.client, order.document.referral
    address, household = client.address or DisclosedAddress(), client.household or Household()
    return {
        "LINE_KEY": order.wire_key,
        "SVC_CD": _mapped("SVC_CD", referral.service_code, codes.SERVICES),
        "RQST_YMD": referral.referred_on,
        "CUST_NM": client.name,
        "BRTH_YMD": client.birth_date,
        "SEX_CD": _mapped("SEX_CD", client.sex, codes.SEXES),
        "TELNO": _digits(client.phones[0]) if client.phones else None,
        "ZIP_NO": address.zip_no,
        "ADDR": address.road_addr_part1,
        "DTL_ADDR": address.addr_detail,
        **_debt_values(client.debts),
        "MNTH_INCM_AMT": household.monthly_income,
        "HSHD_CNT": household.size,
        "JOB_CD": _mapped("JOB_CD", (client.employment or Employment()).status, codes.JOBS),
        "PIC_NM": referral.officer_name,
        "PIC_TELNO": _digits(referral.officer_phone) if referral.officer_phone else None,
    }


def withdrawal_values(order: WithdrawOrder) -> dict[str, Value | None]:
    """Say one withdrawal in the fields of a 철회 record."""
    return {
        "LINE_KEY": order.wire_key,
        "RCPT_NO": order.receipt,
        "WHDR_RSN_CD": codes.WITHDRAWALS[order.reason],
    }


def _debt_values(debts: tuple[DisclosedDebt, ...]) -> dict[str, Value | None]:
    """Say debts as KAMCO wants them: sums, a count, and the longest time overdue."""
    amounts = [debt.amount for debt in debts if debt.amount is not None]
    secured = [debt.secured for debt in debts if debt.secured is not None]
    overdue = [debt.days_overdue for debt in debts if debt.days_overdue is not None]
    for name, told in (("DEBT_TOT_AMT", amounts), ("SCRT_AMT", secured), ("OVDU_DCNT", overdue)):
        if told and len(told) != len(debts):
            why = "채무마다 적거나 모두 비워야 합니다 (tell it of every debt, or of none)"
            raise CannotExpressError(FIELDS[name], why)
    split = dict.fromkeys((True, False), 0) if secured and amounts else {}
    for amount, is_secured in zip(amounts, secured, strict=False):
        split[is_secured] += amount
    return {
        "DEBT_TOT_AMT": sum(amounts) if amounts else None,
        "DEBT_CNT": len(amounts) or None,
        "SCRT_AMT": split.get(True),
        "UNSC_AMT": split.get(False),
        "OVDU_DCNT": max(overdue, default=None),
    }


def line_from(values: Values) -> ResultLine:
    """Read 처리결과 of one line.

    Raises:
        LayoutError: a code that its 구분 does not have, or no receipt where there must be one.
    """
    said = _texts(values)
    code, is_withdrawal = said["RSLT_CD"], said["RQST_TP"] == "C"
    if code in (codes.REFERRALS_ONLY if is_withdrawal else codes.WITHDRAWALS_ONLY):
        raise LayoutError("result.RSLT_CD: not a code for this kind of line")
    if code in codes.REFUSALS:
        words = "\n".join(said[name] for name in ("ERR_FLD_NM", "RSLT_MSG") if name in said)
        outcome: Delivered | Refused | Acknowledged = Refused(codes.REFUSALS[code], code, words or None)
    elif "RCPT_NO" not in said:
        raise LayoutError("result.RCPT_NO: absent")
    elif is_withdrawal:
        outcome = Acknowledged(code)
    else:
        outcome = Delivered(said["RCPT_NO"], code, _received(values) if code == codes.DONE else ())
    return ResultLine(said["LINE_KEY"], outcome, is_withdrawal=is_withdrawal)


def fact_from(values: Values) -> Fact:
    """Read 진행통보: one step of a case.

    Raises:
        LayoutError: 종결 without its reason.
    """
    said = _texts(values)
    code, reason = said["PRGR_STTS_CD"], said.get("CLS_RSN_CD")
    if (code == codes.CLOSED) != (reason is not None):
        raise LayoutError("progress.CLS_RSN_CD: it goes with 종결, and only with it")
    return Fact(
        business=codes.STATUSES[code],
        raw_code=code,
        occurred_at=_moment(values["PRGR_DT"]),
        serial=str(values["PRGR_SN"]),
        outcome=codes.OUTCOMES[reason] if reason else None,
        text=said.get("PRGR_MSG"),
    )


def _received(values: Values) -> tuple[Fact, ...]:
    """접수, the first step of every case, which no 진행통보 tells again."""
    moment = _moment(values["PRCS_DT"])
    return (Fact(codes.STATUSES[codes.RECEIVED], codes.RECEIVED, moment, serial="1"),)


def _texts(values: Values) -> dict[str, str]:
    return {name: value for name, value in values.items() if isinstance(value, str)}


def _moment(value: Value | None) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _mapped(name: str, value: Any, table: Mapping[Any, str]) -> str | None:
    if value is not None and value not in table:
        raise CannotExpressError(FIELDS[name], "공사의 코드에 없습니다 (KAMCO has no code for it)")
    return None if value is None else table[value]


def _digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)
