"""From the common language to the bodies of the contract. Pure: no I/O, no clock, no settings.

`FIELDS` is the whole of what the agency may see: each wire field that carries a field of the common schema. What comes
back is read in `replies`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from adapters.ccrs import codes
from adapters.sdk import CannotExpressError, Disclose, SubmitOrder, SupplementOrder, WithdrawOrder
from adapters.sdk.kst import to_day
from schemas.address import DisclosedAddress
from schemas.client import DisclosedDebt, Employment, Household
from schemas.disclosure import FIELD_PATHS, Disclosure
from schemas.privacy import PrivacyClass

FIELDS: dict[str, str] = {
    "prodDvsnCd": "referral.service_code",
    "rqstYmd": "referral.referred_on",
    "cnslYmd": "referral.counselled_on",
    "picNm": "referral.officer_name",
    "picTelno": "referral.officer_phone",
    "rqstOpnn": "referral.opinion",
    "splmCn": "referral.opinion",
    "custNm": "client.name",
    "custBrthYmd": "client.birth_date",
    "rrno": "client.rrn",
    "telnoList": "client.phones",
    "zipNo": "client.address.zip_no",
    "addr": "client.address.road_addr_part1",
    "dtlAddr": "client.address.addr_detail",
    "hshdPersCnt": "client.household.size",
    "incmAmt": "client.household.monthly_income",
    "emplSttsCd": "client.employment.status",
    "ovduDcnt": "client.debts.days_overdue",
    "crdtrNm": "client.debts.creditor",
    "debtAmt": "client.debts.amount",
    "scrtYn": "client.debts.secured",
    "debtYmd": "client.debts.taken_on",
}
"""Wire field → field path of the common schema; those of a debt stand in `debtList`, by their own names."""

_HOW = ("telnoList", "zipNo", "addr", "dtlAddr", "hshdPersCnt", "incmAmt", "emplSttsCd", "ovduDcnt")
_DEBT = ("crdtrNm", "debtAmt", "scrtYn", "debtYmd")

REQUIRED = frozenset(
    FIELDS[name]
    for name in (
        "prodDvsnCd", "rqstYmd", "custNm", "custBrthYmd", "telnoList", "ovduDcnt", "crdtrNm", "debtAmt", "scrtYn",
    )
)  # fmt: skip
"""The field paths that an application cannot do without."""

SUPPLEMENTED = frozenset(FIELDS[name] for name in ("splmCn", *_HOW, *_DEBT))
"""The field paths that a supplement may say: who the person is, the agency knows."""

_AGREEMENTS = {
    "prsnInfoAgreYn": PrivacyClass.PERSONAL,
    "crdtInfoAgreYn": PrivacyClass.CREDIT,
    "unqInfoBassYn": PrivacyClass.UNIQUE_IDENTIFIER,
}
"""Wire field → the class of fields for which it says whether there is a consent, or a law."""

Value = TypeVar("Value")


def register_body(order: SubmitOrder) -> dict[str, Any]:
    """Write 채무조정 신청. Two attempts of one delivery say the same: nothing in it is of the attempt.

    Raises:
        CannotExpressError: the agency has no code for the service.
    """
    client, referral = order.document.client, order.document.referral
    return _filled({
        "clientRequestId": order.wire_key,
        "prodDvsnCd": _mapped("prodDvsnCd", referral.service_code, codes.SERVICES),
        "rqstYmd": _written(referral.referred_on, to_day),
        "cnslYmd": _written(referral.counselled_on, to_day),
        "picNm": referral.officer_name,
        "picTelno": _written(referral.officer_phone, _digits),
        "rqstOpnn": referral.opinion,
        "custNm": client.name,
        "custBrthYmd": _written(client.birth_date, to_day),
        "rrno": client.rrn,
        **_circumstances(order.document),
        **_agreements(order.decision),
    })  # fmt: skip


def supplement_body(order: SupplementOrder) -> dict[str, Any]:
    """Write 보완 제출: the opinion is what was asked for."""
    return _filled({
        "supplementId": order.supplement_key,
        "clientRequestId": order.wire_key,
        "splmCn": order.document.referral.opinion,
        **_circumstances(order.document),
        **_agreements(order.decision),
    })  # fmt: skip


def withdraw_body(order: WithdrawOrder) -> dict[str, Any]:
    """Write 철회."""
    return {"clientRequestId": order.wire_key, "whdrwRsnCd": codes.WITHDRAWALS[order.reason]}


def _circumstances(document: Disclosure) -> dict[str, Any]:
    """Write what application and supplement have in common: how to reach the client, and how they live."""
    client = document.client
    address, household = client.address or DisclosedAddress(), client.household or Household()
    overdue = [debt.days_overdue for debt in client.debts if debt.days_overdue is not None]
    return {
        "telnoList": [_digits(phone) for phone in client.phones] or None,
        "zipNo": address.zip_no,
        "addr": address.road_addr_part1,
        "dtlAddr": address.addr_detail,
        "hshdPersCnt": household.size,
        "incmAmt": household.monthly_income,
        "emplSttsCd": _mapped("emplSttsCd", (client.employment or Employment()).status, codes.EMPLOYMENTS),
        "ovduDcnt": max(overdue, default=None),
        "debtList": [told for debt in client.debts if (told := _debt(debt))] or None,
    }


def _debt(debt: DisclosedDebt) -> dict[str, Any]:
    return _filled({
        "crdtrNm": debt.creditor,
        "debtAmt": debt.amount,
        "scrtYn": _written(debt.secured, _yes_or_no),
        "debtYmd": _written(debt.taken_on, to_day),
    })  # fmt: skip


def _agreements(decision: Disclose) -> dict[str, str]:
    """Say for which kinds of fields there is a basis: what the decision allows, consent and law have opened."""
    classes = {FIELD_PATHS[path] for path in decision.fields}
    return {name: _yes_or_no(kind in classes) for name, kind in _AGREEMENTS.items()}


def _filled(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _mapped(field: str, value: Any, table: Mapping[Any, str]) -> str | None:
    if value is not None and value not in table:
        raise CannotExpressError(FIELDS[field], "신용회복위원회가 제공하지 않습니다 (the agency has no code for it)")
    return None if value is None else table[value]


def _written(value: Value | None, write: Callable[[Value], str]) -> str | None:
    return None if value is None else write(value)


def _yes_or_no(holds: bool) -> str:  # noqa: FBT001 - the value itself is what is written
    return "Y" if holds else "N"


def _digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)
