"""Between the common language and the messages of the contract, both ways. Pure: no I/O, no clock, no settings.

`FIELDS` is the whole of what the agency may see: each wire field that carries a field of the common schema.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from adapters.klac import codes
from adapters.klac.contract import CONTRACT, NAME
from adapters.sdk import BadReplyError, CannotExpressError, Capacity, Fact, SubmitOrder, SupplementOrder
from adapters.sdk.json_contract import Message
from adapters.sdk.kst import KST, from_kst, kst_today, to_day, to_kst_second
from schemas.address import DisclosedAddress
from schemas.client import DisclosedDebt, Household
from schemas.disclosure import Disclosure
from schemas.referral import DisclosedAppointment, Urgency
from schemas.services import ServiceCode

FIELDS: dict[str, str] = {
    "aplyDvsnCd": "referral.service_code",
    "rqstYmd": "referral.referred_on",
    "emrgYn": "referral.urgency",
    "cnslCn": "referral.opinion",
    "splmCn": "referral.opinion",
    "picNm": "referral.officer_name",
    "picTelno": "referral.officer_phone",
    "cnslMthdCd": "referral.appointment.method",
    "cnslHopeDt": "referral.appointment.wanted_at",
    "aplcntNm": "client.name",
    "brthYmd": "client.birth_date",
    "lgldongCd": "client.address.adm_cd",
    "telnoList": "client.phones",
    "hshdPersCnt": "client.household.size",
    "mnthIncmAmt": "client.household.monthly_income",
    "mdnIncmRt": "client.household.median_income_percent",
    "crdtrNm": "client.debts.creditor",
    "debtAmt": "client.debts.amount",
    "scrtYn": "client.debts.secured",
    "debtList": "client.debts.amount",
}
"""Wire field → field path of the common schema."""

REQUIRED = frozenset(
    FIELDS[name] for name in ("aplyDvsnCd", "rqstYmd", "aplcntNm", "brthYmd", "lgldongCd", "telnoList")
)
"""The field paths without which nothing is taken."""

SUPPLEMENT = frozenset(
    path for path in FIELDS.values() if path.startswith(("client.phones", "client.household.", "client.debts."))
) | {FIELDS["splmCn"]}
"""The field paths that a supplement may say."""

Value = TypeVar("Value")


def reservation(order: SubmitOrder) -> dict[str, Any]:
    """Write 상담예약.

    Raises:
        CannotExpressError: a required field is absent.
    """
    return _filled(_application(order.document), REQUIRED - {FIELDS["aplyDvsnCd"]})


def aid_application(order: SubmitOrder) -> dict[str, Any]:
    """Write 구조신청: the same, and what for.

    Raises:
        CannotExpressError: a required field is absent.
    """
    service = order.document.referral.service_code
    return _filled({"aplyDvsnCd": codes.AID[service] if service else None, **_application(order.document)}, REQUIRED)


def supplement(order: SupplementOrder) -> dict[str, Any]:
    """Write 보완제출: the opinion is what was asked for.

    Raises:
        CannotExpressError: there is no opinion.
    """
    body = {"splmCn": order.document.referral.opinion, **_circumstances(order.document)}
    return _filled(body, frozenset({FIELDS["splmCn"]}))


def is_aid(document: Disclosure) -> bool:
    """Return whether a document asks for aid, and not for counselling.

    Raises:
        CannotExpressError: it asks for neither.
    """
    service = document.referral.service_code
    if service not in codes.SERVICES:
        raise CannotExpressError(FIELDS["aplyDvsnCd"], "대한법률구조공단이 제공하지 않습니다 (not a service of klac)")
    return service is not ServiceCode.LAW_COUNSEL


def _application(document: Disclosure) -> dict[str, Any]:
    client, referral = document.client, document.referral
    appointment, address = referral.appointment or DisclosedAppointment(), client.address or DisclosedAddress()
    return {
        "aplcntNm": client.name,
        "brthYmd": _written(client.birth_date, to_day),
        "lgldongCd": address.adm_cd,
        "rqstYmd": _written(referral.referred_on, to_day),
        "emrgYn": _written(referral.urgency, lambda urgency: _yes_or_no(urgency is Urgency.URGENT)),
        "cnslCn": referral.opinion,
        "picNm": referral.officer_name,
        "picTelno": _written(referral.officer_phone, _digits),
        "cnslMthdCd": _written(appointment.method, codes.METHODS.__getitem__),
        "cnslHopeDt": _written(appointment.wanted_at, to_kst_second),
        **_circumstances(document),
    }


def _circumstances(document: Disclosure) -> dict[str, Any]:
    """Write what an application and a supplement have in common: how to reach the client, and how they live."""
    client = document.client
    household = client.household or Household()
    return {
        "telnoList": [_digits(phone) for phone in client.phones] or None,
        "hshdPersCnt": household.size,
        "mnthIncmAmt": household.monthly_income,
        "mdnIncmRt": household.median_income_percent,
        "debtList": [one for one in map(_debt, client.debts) if one] or None,
    }


def _debt(debt: DisclosedDebt) -> dict[str, Any]:
    told = {"crdtrNm": debt.creditor, "debtAmt": debt.amount, "scrtYn": _written(debt.secured, _yes_or_no)}
    return {name: value for name, value in told.items() if value is not None}


def received_fact(receipt: Message) -> Fact:
    """Read 접수 from a receipt; of a reservation the fact's words say when, how and where.

    Raises:
        BadReplyError: a time that does not exist.
    """
    return Fact(
        business=codes.STATUSES["10"],
        raw_code="10",
        occurred_at=moment_from(receipt["rcptDt"]),
        serial="1",
        text=_appointment_in_words(receipt),
    )


def facts_from(case: Message) -> tuple[Fact, ...]:
    """Read the list of 진행상태 in the order of its numbers, each once, however the agency sent it.

    Raises:
        BadReplyError: a time that does not exist.
    """
    told = sorted(case["sttsList"], key=lambda one: int(one["sttsSn"]))
    return tuple(dict.fromkeys(_fact(one, case) for one in told))


def capacity_from(slots: Message) -> Capacity:
    """Read how many slots are free, and from which day on.

    Raises:
        BadReplyError: a day that does not exist.
    """
    first = slots.get("frstYmd")
    next_on = kst_today(moment_from(first)) if first else None
    return Capacity(slots["rsvtPsblYn"] == "Y", slots["rsvtPsblYn"], slots["psblCnt"], next_on)


def moment_from(text: str) -> datetime:
    """Read a moment or a day of the agency's.

    Raises:
        BadReplyError: it does not exist.
    """
    try:
        return from_kst(text)
    except ValueError:
        raise BadReplyError(f"{NAME}: a time in the answer does not exist") from None


def _fact(told: Message, case: Message) -> Fact:
    code, reason = told["prgrSttsCd"], told.get("clsRsnCd")
    return Fact(
        business=codes.STATUSES[code],
        raw_code=code,
        occurred_at=moment_from(told["prgrDt"]),
        serial=str(told["sttsSn"]),
        outcome=codes.OUTCOMES[reason] if reason else None,
        text=_appointment_in_words(case) if code == "10" else _words(told),
    )


def _appointment_in_words(case: Message) -> str | None:
    if "cnslDt" not in case:
        return None
    at = moment_from(case["cnslDt"]).astimezone(KST)
    method = CONTRACT.codes["cnslMthdCd"][case["cnslMthdCd"]]["ko"]
    branch = CONTRACT.codes["brnchCd"][case["brnchCd"]]["ko"]
    return f"상담 예약: {at:%Y-%m-%d %H:%M} {method}, {branch}"


def _words(told: Message) -> str | None:
    """Gather what the agency says in words, and the reasons that it gives as codes."""
    due = told.get("splmTmlmYmd")
    lines = [
        told.get("splmRqstCn"),
        f"보완기한 {due[:4]}-{due[4:6]}-{due[6:]}" if due else None,
        told.get("prcsRsltCn"),
        _reason("기각사유", "rjctRsnCd", told),
        _reason("종결사유", "clsRsnCd", told),
    ]
    return unicodedata.normalize("NFC", "\n".join(line for line in lines if line)) or None


def _reason(title: str, field: str, told: Message) -> str | None:
    code = told.get(field)
    return f"{title} {code} {CONTRACT.codes[field][code]['ko']}" if code else None


def _filled(body: Mapping[str, Any], required: frozenset[str]) -> dict[str, Any]:
    kept = {name: value for name, value in body.items() if value is not None}
    missing = sorted(required - {FIELDS[name] for name in kept})
    if missing:
        raise CannotExpressError(missing[0], "접수에 반드시 필요한 항목입니다 (klac cannot do without it)")
    return kept


def _written(value: Value | None, write: Callable[[Value], str]) -> str | None:
    return None if value is None else write(value)


def _yes_or_no(value: bool) -> str:  # noqa: FBT001 - the value itself is what is written
    return "Y" if value else "N"


def _digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)
