"""Between the common language and the form, both ways. Pure: no I/O, no clock, no settings.

`FIELDS` is the whole of what the agency may see: each field of the form that carries a field of the common schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from adapters.illegal_lending import codes
from adapters.illegal_lending.contract import code_tables
from adapters.illegal_lending.form import Filled
from adapters.illegal_lending.replies import NAME, Answer
from adapters.sdk import BadReplyError, CannotExpressError, Delivered, Fact, Refused, SubmitOrder
from adapters.sdk.kst import from_kst, to_day
from schemas.address import DisclosedAddress
from schemas.client import DisclosedClient, DisclosedDebt, RelatedPerson
from schemas.referral import DisclosedReferral, Urgency

FIELDS: dict[str, str] = {
    "SVC_CD": "referral.service_code",
    "REF_YMD": "referral.referred_on",
    "CNSL_YMD": "referral.counselled_on",
    "EMRG_YN": "referral.urgency",
    "PIC_NM": "referral.officer_name",
    "PIC_TEL": "referral.officer_phone",
    "CONTENT": "referral.opinion",
    "REQ_NM": "client.name",
    "REQ_BIRTH": "client.birth_date",
    "REQ_SEX": "client.sex",
    "REQ_ZIP": "client.address.zip_no",
    "REQ_ADDR": "client.address.road_addr_part1",
    "REQ_ADDR_DTL": "client.address.addr_detail",
    "REQ_TEL": "client.phones",
    "CRDT_NM": "client.debts.creditor",
    "CRDT_HP": "client.debts.creditor_phone",
    "LOAN_AMT": "client.debts.amount",
    "LOAN_YMD": "client.debts.taken_on",
    "LOAN_RATE": "client.debts.annual_rate_percent",
    "OVDU_DCNT": "client.debts.days_overdue",
    "ILGL_YN": "client.debts.illegal_collection",
    "KNOW_PATH": "client.debts.learned_through",
    "REL_NM": "client.related_persons.name",
    "REL_RLTN": "client.related_persons.relation",
    "REL_TEL": "client.related_persons.phone",
}
"""Form field → field path of the common schema."""

REQUIRED = frozenset(FIELDS[name] for name in ("SVC_CD", "REF_YMD", "REQ_NM", "REQ_BIRTH", "REQ_TEL", "CRDT_HP"))
"""The field paths that a complaint cannot do without."""

_FIRST = "1"
"""접수 is the first 진행상태 of every complaint."""


def register_form(order: SubmitOrder) -> Filled:
    """Fill in 피해신고·신청 접수.

    Raises:
        CannotExpressError: a value has no form on this wire.
    """
    client, referral = order.document.client, order.document.referral
    return Filled(
        _filled({"TRAN_ID": order.message_id, **_referral(referral), **_person(client)}),
        {
            "phones": [{"REQ_TEL": _digits(phone)} for phone in client.phones],
            "loans": [_loan(debt) for debt in client.debts],
            "persons": [_related(person) for person in client.related_persons],
        },
    )


def _referral(referral: DisclosedReferral) -> Mapping[str, str | None]:
    service, urgency = referral.service_code, referral.urgency
    if service is not None and service not in codes.SERVICES:
        raise CannotExpressError(FIELDS["SVC_CD"], "이 기관이 제공하지 않습니다 (the agency has no code for it)")
    return {
        "SVC_CD": None if service is None else codes.SERVICES[service],
        "REF_YMD": None if referral.referred_on is None else to_day(referral.referred_on),
        "CNSL_YMD": None if referral.counselled_on is None else to_day(referral.counselled_on),
        "EMRG_YN": None if urgency is None else _yes_if(urgency is Urgency.URGENT),
        "PIC_NM": referral.officer_name,
        "PIC_TEL": None if referral.officer_phone is None else _digits(referral.officer_phone),
        "CONTENT": referral.opinion,
    }


def _person(client: DisclosedClient) -> Mapping[str, str | None]:
    address = client.address or DisclosedAddress()
    return {
        "REQ_NM": client.name,
        "REQ_BIRTH": None if client.birth_date is None else to_day(client.birth_date),
        "REQ_SEX": None if client.sex is None else codes.SEXES[client.sex],
        "REQ_ZIP": address.zip_no,
        "REQ_ADDR": address.road_addr_part1,
        "REQ_ADDR_DTL": address.addr_detail,
    }


def _loan(debt: DisclosedDebt) -> Mapping[str, str]:
    return _filled({
        "CRDT_NM": debt.creditor,
        "CRDT_HP": None if debt.creditor_phone is None else _digits(debt.creditor_phone),
        "LOAN_AMT": None if debt.amount is None else str(debt.amount),
        "LOAN_YMD": None if debt.taken_on is None else to_day(debt.taken_on),
        "LOAN_RATE": None if debt.annual_rate_percent is None else _rate(debt.annual_rate_percent),
        "OVDU_DCNT": None if debt.days_overdue is None else str(debt.days_overdue),
        "ILGL_YN": None if debt.illegal_collection is None else _yes_if(debt.illegal_collection),
        "KNOW_PATH": debt.learned_through,
    })  # fmt: skip


def _related(person: RelatedPerson) -> Mapping[str, str]:
    phone = None if person.phone is None else _digits(person.phone)
    return _filled({"REL_NM": person.name, "REL_RLTN": person.relation, "REL_TEL": phone})


def _filled(told: Mapping[str, str | None]) -> Mapping[str, str]:
    return {name: text for name, text in told.items() if text is not None}


def _rate(percent: float) -> str:
    """Write a rate with at most two decimals; the form refuses one that needs more."""
    return str(int(percent)) if percent.is_integer() else repr(percent)


def _yes_if(is_so: bool) -> str:  # noqa: FBT001 - a word for a truth
    return "Y" if is_so else "N"


def _digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)


def outcome_from(answer: Answer) -> Delivered | Refused:
    """Read the result of a registration.

    Raises:
        BadReplyError: a time that does not exist.
    """
    if answer.is_refusal:
        return Refused(codes.REFUSALS[answer.message], answer.message, answer.values.get("DETAIL"))
    code = answer.values["STTS_CD"]
    fact = Fact(codes.STATUSES[code], code, _moment(answer.values["RCPT_DT"]), serial=_FIRST)
    return Delivered(answer.values["RCPT_NO"], code, (fact,))


def facts_from(steps: Iterable[Mapping[str, str]]) -> tuple[Fact, ...]:
    """Read the list of 진행상태 in the order of its numbers, each once, however the agency sent it.

    Raises:
        BadReplyError: a time that does not exist.
    """
    told = sorted(steps, key=lambda step: int(step["STTS_SN"]))
    return tuple(dict.fromkeys(_fact(step) for step in told))


def _fact(step: Mapping[str, str]) -> Fact:
    code, end = step["STTS_CD"], step.get("END_CD")
    return Fact(
        business=codes.STATUSES[code],
        raw_code=code,
        occurred_at=_moment(step["STTS_DT"]),
        serial=step["STTS_SN"],
        outcome=codes.OUTCOMES[end] if end else None,
        text=_words(step),
    )


def _words(step: Mapping[str, str]) -> str | None:
    due, end = step.get("SPLM_YMD"), step.get("END_CD")
    lines = [
        step.get("STTS_CN"),
        f"보완기한 {due[:4]}-{due[4:6]}-{due[6:]}" if due else None,
        f"종결사유 {end} {code_tables()['END_CD'][end]['ko']}" if end else None,
    ]
    return "\n".join(line for line in lines if line) or None


def _moment(text: str) -> datetime:
    try:
        return from_kst(text)
    except ValueError:
        raise BadReplyError(f"{NAME}: a time in the answer does not exist") from None
