"""Between the common language and the contract's elements, both ways. Pure: no I/O, no clock, no settings.

`FIELDS` is the whole of what 행복e음 may see. Lengths and patterns are the XSD's to judge, when the message is made.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.haengbok import codes
from adapters.sdk import (
    BadReplyError,
    CannotExpressError,
    Delivered,
    Fact,
    Found,
    Need,
    NotFound,
    Refused,
    StatusReport,
    UncertainError,
    Verified,
)
from adapters.sdk.kst import from_kst, to_day
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths
from schemas.referral import Urgency

Content = Mapping[str, Any]
"""Names and values of an element: text, None for empty, a list where an element repeats."""


def _digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)


def _first_phone(phones: Sequence[str]) -> str:
    return _digits(phones[0])  # the wire has room for one; the schema names the one to call first, first


def _coded(table: Mapping[Any, str]) -> Callable[[Any], str | None]:
    return table.get


def _total(amounts: Sequence[int]) -> str:
    return str(sum(amounts))


def _urgent(urgency: Urgency) -> str:
    return "Y" if urgency is Urgency.URGENT else "N"


_WRITTEN: Mapping[str, tuple[str, Callable[[Any], str | None]]] = {
    "reqKindCd": ("referral.kind", _coded(codes.KINDS)),
    "svcCd": ("referral.service_code", _coded(codes.SERVICES)),
    "tgtrNm": ("client.name", str),
    "tgtrRrn": ("client.rrn", str),
    "tgtrBrthYmd": ("client.birth_date", to_day),
    "sexCd": ("client.sex", _coded(codes.SEXES)),
    "telNo": ("client.phones", _first_phone),
    "zipNo": ("client.address.zip_no", str),
    "rnAdr": ("client.address.road_addr_part1", str),
    "rnDtlAdr": ("client.address.addr_detail", str),
    "lgdngCd": ("client.address.adm_cd", str),
    "hshdMbCnt": ("client.household.size", str),
    "incmAmt": ("client.household.monthly_income", str),
    "mdnIncmRt": ("client.household.median_income_percent", str),
    "dbtTotAmt": ("client.debts.amount", _total),
    "reqOpnn": ("referral.opinion", str),
    "urgYn": ("referral.urgency", _urgent),
    "reqUsrNm": ("referral.officer_name", str),
    "reqTelNo": ("referral.officer_phone", _digits),
    "cnslDt": ("referral.counselled_on", to_day),
    "reqDt": ("referral.referred_on", to_day),
}
"""Element of 의뢰등록 → the field that it carries, and how it is written."""

FIELDS: Mapping[str, str] = {
    **{element: path for element, (path, _) in _WRITTEN.items()},
    "spplCn": "referral.opinion",
    "TGTR_NM": "client.name",
    "TGTR_RRN": "client.rrn",
}
"""Element → field path of the common schema, over all operations."""

REGISTER = Need(
    discloses=frozenset(path for path, _ in _WRITTEN.values()),
    requires=frozenset(
        _WRITTEN[element][0]
        for element in ("reqKindCd", "svcCd", "tgtrNm", "tgtrBrthYmd", "lgdngCd", "urgYn", "reqUsrNm", "reqDt")
    ),
)
VERIFY = Need(*[frozenset({FIELDS["TGTR_NM"], FIELDS["TGTR_RRN"]})] * 2)
SUPPLEMENT = Need(*[frozenset({FIELDS["spplCn"]})] * 2)


def register_content(document: Disclosure) -> dict[str, str]:
    """Write the elements of 의뢰등록 that carry the document; keys and our own codes are the adapter's to add.

    Raises:
        CannotExpressError: a field is missing that the contract needs, has no code there, or no element at all.
    """
    _check(document, REGISTER)
    written: dict[str, str] = {}
    for element, (path, write) in _WRITTEN.items():
        value = value_at(document, path)
        if value is None:
            continue
        text = write(value)
        if text is None:
            raise CannotExpressError(path, "행복e음에 해당 코드가 없습니다 (the agency has no code for this value)")
        written[element] = text
    return written


def verify_content(document: Disclosure) -> dict[str, str]:
    """Write who is asked about. Raises CannotExpressError as `register_content`: name and RRN, and nothing else."""
    _check(document, VERIFY)
    return {name: str(value_at(document, FIELDS[name])) for name in ("TGTR_RRN", "TGTR_NM")}


def supplement_content(document: Disclosure) -> dict[str, str]:
    """Write 보완내용. Raises CannotExpressError as `register_content`: the opinion, and nothing else."""
    _check(document, SUPPLEMENT)
    return {"spplCn": str(value_at(document, FIELDS["spplCn"]))}


def value_at(document: Disclosure, path: str) -> Any:
    """Return what stands at a field path: None if nothing does, a tuple where the path leads through a list."""
    found: Any = document
    for name in path.split("."):
        if isinstance(found, tuple):
            found = tuple(value for item in found if (value := getattr(item, name)) is not None)
        else:
            found = getattr(found, name, None)
    return None if found == () else found


def _check(document: Disclosure, need: Need) -> None:
    present = present_paths(document)
    for path in sorted(present - need.discloses):
        raise CannotExpressError(path, "행복e음에 보낼 자리가 없습니다 (the agency's message has no element for it)")
    for path in sorted(need.requires - present):
        raise CannotExpressError(path, "행복e음에 반드시 필요한 항목입니다 (the agency cannot do without it)")


def registered(answer: Content, wire_key: str) -> Delivered | Refused:
    """Read 의뢰등록's answer.

    Raises:
        BadReplyError: it is about another key, or neither a receipt nor a refusal.
    """
    _expect(answer, "linkReqNo", wire_key)
    code, receipt = answer["rtnCd"], answer["rcptNo"]
    if code in codes.REGISTER_REFUSALS and receipt is None:
        return Refused(codes.REGISTER_REFUSALS[code], code, _text(answer["rtnMsg"]))
    if code != codes.DONE or receipt is None:
        raise BadReplyError(
            f"haengbok: a registration was answered by {code} and {'no' if not receipt else 'a'} receipt"
        )
    state = answer["procStcd"] or "01"
    return Delivered(receipt, code, _standing(state, _moment(answer["rcptDt"])))


def found(answer: Content, wire_key: str) -> Found | NotFound:
    """Read 접수조회's answer: the first registration, and any further ones as duplicates.

    Raises:
        BadReplyError: it is about another key, or its count is not that of its rows.
    """
    _expect(answer, "linkReqNo", wire_key)
    rows = answer["rcpt"] or []
    if answer["rtnCd"] != codes.DONE or answer["totCnt"] != str(len(rows)):
        raise BadReplyError("haengbok: a look-up was answered in part only")
    if not rows:
        return NotFound(answer["rtnCd"])
    first, *more = rows
    facts = _standing(first["procStcd"], _moment(first["rcptDt"]))
    return Found(first["rcptNo"], first["procStcd"], facts, tuple(row["rcptNo"] for row in more))


def reported(answer: Content, wire_key: str, receipt: str) -> StatusReport:
    """Read 처리결과조회's answer: its rows by number, each once, and the state now if no row tells it yet.

    Raises:
        BadReplyError: it is about another referral, the agency does not know its own receipt, or a time does not exist.
    """
    _expect(answer, "rcptNo", receipt)
    if answer["rtnCd"] == codes.UNKNOWN_RECEIPT:
        raise BadReplyError("haengbok: the agency does not know its own receipt (R101)")
    _expect(answer, "rtnCd", codes.DONE)
    _expect(answer, "linkReqNo", wire_key)
    rows = sorted(answer["rslt"] or [], key=lambda row: int(row["seq"]))
    facts = list(dict.fromkeys(_fact(row) for row in rows))
    state = answer["procStcd"]
    if state is not None and (not rows or rows[-1]["procStcd"] != state):
        facts.append(Fact(_status(state), state))
    return StatusReport(tuple(facts))


def verified(answer: Content) -> Verified | Refused:
    """Read 기초생활수급 사실여부's answer.

    Raises:
        UncertainError: the agency broke down (9).
        BadReplyError: 1 without a fact.
    """
    result, fact = answer["serviceResult"], answer["FCT_YN"]
    if result == codes.VERIFY_FAILED:
        raise UncertainError("haengbok: the eligibility service broke down (9)")
    if result in codes.VERIFY_REFUSALS:
        return Refused(codes.VERIFY_REFUSALS[result], result)
    if result != codes.VERIFY_DONE or fact not in codes.ELIGIBILITIES:
        raise BadReplyError(f"haengbok: eligibility was answered by {result} without a fact")
    benefits = tuple(name for code, name in codes.BENEFITS.items() if answer[f"{code}_YN"] == "Y")
    return Verified(codes.ELIGIBILITIES[fact], fact, benefits)


def _fact(row: Content) -> Fact:
    """Read a row. The raw code is `procStcd`, then `/rsltCd` if there is one: a reason that comes later is new."""
    state, result = row["procStcd"], row["rsltCd"]
    if result is not None and result not in codes.OUTCOMES:
        raise BadReplyError(f"haengbok: the contract has no result code {result}")
    return Fact(
        business=_status(state),
        raw_code=state if result is None else f"{state}/{result}",
        occurred_at=_moment(row["procDt"]),
        office=row["trsfOrgCd"],
        serial=row["seq"],
        outcome=None if result is None else codes.OUTCOMES[result],
        text=_words(row),
    )


def _standing(state: str, received_at: datetime | None) -> tuple[Fact, ...]:
    """Say what a registration and its state now tell: 접수 at its time, then the state, whose time is not told."""
    received = Fact(_status("01"), "01", received_at)
    return (received,) if state == "01" else (received, Fact(_status(state), state))


def _status(code: str) -> Any:
    if code not in codes.STATUSES:
        raise BadReplyError(f"haengbok: the contract has no state {code}")
    return codes.STATUSES[code]


def _words(row: Content) -> str | None:
    due = row["spplDueDt"]
    lines = [
        row["rsltCn"],
        f"담당부서 {row['chrgDeptNm']}" if row["chrgDeptNm"] else None,
        f"보완기한 {due[:4]}-{due[4:6]}-{due[6:]}" if due else None,
    ]
    return _text("\n".join(line for line in lines if line))


def _text(text: str | None) -> str | None:
    return unicodedata.normalize("NFC", text) if text else None


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else from_kst(text)
    except ValueError:
        raise BadReplyError("haengbok: a time in the answer does not exist") from None


def _expect(answer: Content, element: str, value: str) -> None:
    if answer[element] != value:
        raise BadReplyError(f"haengbok: the answer's {element} is not the one that was asked about")
