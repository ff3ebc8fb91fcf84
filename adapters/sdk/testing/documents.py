"""Two documents that fill every field of the common schema, no value alike, and the texts by which to know them again.

The people are obviously fake (as in examples/cases/README.md). Nothing here is about any agency.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from adapters.sdk.kst import KST
from schemas.address import DisclosedAddress
from schemas.client import (
    DisclosedClient,
    DisclosedDebt,
    Employment,
    EmploymentStatus,
    Household,
    RelatedPerson,
    Sex,
)
from schemas.disclosure import FIELD_PATHS, Disclosure
from schemas.privacy import prune
from schemas.referral import (
    AppointmentMethod,
    Attachment,
    DisclosedAppointment,
    DisclosedReferral,
    ReferralKind,
    Urgency,
)
from schemas.services import ServiceCode


def full_document(service: ServiceCode, *, other: bool = False) -> Disclosure:
    """Return a document with every field filled; with `other`, one that differs from it in every field but the service.

    An RRN and a 전산관리번호 stand side by side, which a centre's document never has: prune one away.
    """
    mark = "나" if other else "가"
    return Disclosure(client=_client(mark, other=other), referral=_referral(mark, service, other=other))


def without(document: Disclosure, path: str) -> Disclosure:
    """Return the document without what stands at one field path."""
    return prune(document, frozenset(FIELD_PATHS) - {path})


def marks_of(*, other: bool = False) -> Mapping[str, tuple[str, ...]]:
    """Return, for each field path whose value can be told from all else, the forms in which a wire may show it."""
    mark, digit = ("나", "2") if other else ("가", "1")
    return {
        "client.name": (f"김나루{mark}",),
        "client.birth_date": _day(_born(other=other)),
        "client.rrn": (_rrn(other=other), f"{_rrn(other=other)[:6]}-{_rrn(other=other)[6:]}"),
        "client.admin_number": (f"777777000000{digit}",),
        "client.phones": _phone(f"010-0000-111{digit}"),
        "client.address.zip_no": (f"1160{digit}",),
        "client.address.road_addr_part1": (f"도로명주소{mark}",),
        "client.address.addr_detail": (f"상세주소{mark}",),
        "client.address.adm_cd": (f"411501010{digit}",),
        "client.address.rn_mgt_sn": (f"41150300500{digit}",),
        "client.address.bd_mgt_sn": (f"411501010010001000000000{digit}",),
        "client.household.monthly_income": (f"123457{digit}",),
        "client.debts.creditor": (f"채권자{mark}",),
        "client.debts.creditor_phone": _phone(f"010-0000-222{digit}"),
        "client.debts.amount": (f"765431{digit}",),
        "client.debts.taken_on": _day(date(2019, 5, 11 + other)),
        "client.debts.learned_through": (f"알게된경로{mark}",),
        "client.employment.wanted_job": (f"희망직종{mark}",),
        "client.employment.business_number": (_BRNS[other], f"{_BRNS[other][:3]}-{_BRNS[other][3:5]}-"),
        "client.employment.business_registered_on": _day(date(2018, 7, 13 + other)),
        "client.health_condition": (f"건강상태{mark}",),
        "client.guardian.name": (f"법정대리인{mark}",),
        "client.guardian.relation": (f"보호관계{mark}",),
        "client.guardian.phone": _phone(f"010-0000-333{digit}"),
        "client.related_persons.name": (f"관계인{mark}",),
        "client.related_persons.relation": (f"이웃관계{mark}",),
        "client.related_persons.phone": _phone(f"010-0000-444{digit}"),
        "referral.counselled_on": _day(date(2025, 1, 6 + other)),
        "referral.referred_on": _day(date(2025, 1, 8 + other)),
        "referral.due_on": _day(date(2025, 3, 3 + other)),
        "referral.officer_name": (f"담당자{mark}",),
        "referral.officer_phone": _phone(f"031-000-555{digit}"),
        "referral.eup_myeon_dong": (f"읍면동{mark}",),
        "referral.opinion": (f"상담의견{mark}",),
        "referral.appointment.wanted_at": _moment(_wanted_at(other=other)),
        "referral.attachments.title": (f"첨부서류{mark}",),
        "referral.attachments.sha256": (digit * 64,),
        "referral.attachments.held_at": (f"centre/held-{digit}",),
    }


_BRNS = ("1234567891", "2234567890")


def _client(mark: str, *, other: bool) -> DisclosedClient:
    digit = "2" if other else "1"
    return DisclosedClient(
        name=f"김나루{mark}",
        birth_date=_born(other=other),
        sex=Sex.FEMALE if other else Sex.MALE,
        rrn=_rrn(other=other),
        admin_number=f"777777000000{digit}",
        phones=(f"010-0000-111{digit}",),
        address=DisclosedAddress(
            zip_no=f"1160{digit}",
            road_addr_part1=f"도로명주소{mark}",
            addr_detail=f"상세주소{mark}",
            adm_cd=f"411501010{digit}",
            rn_mgt_sn=f"41150300500{digit}",
            bd_mgt_sn=f"411501010010001000000000{digit}",
        ),
        household=Household(size=3 + other, monthly_income=1_234_570 + int(digit), median_income_percent=40 + other),
        debts=(_debt(mark, digit, other=other),),
        employment=Employment(
            status=EmploymentStatus.OTHER if other else EmploymentStatus.DAILY,
            wanted_job=f"희망직종{mark}",
            business_number=_BRNS[other],
            business_registered_on=date(2018, 7, 13 + other),
        ),
        health_condition=f"건강상태{mark}",
        guardian=RelatedPerson(name=f"법정대리인{mark}", relation=f"보호관계{mark}", phone=f"010-0000-333{digit}"),
        related_persons=(
            RelatedPerson(name=f"관계인{mark}", relation=f"이웃관계{mark}", phone=f"010-0000-444{digit}"),
        ),
    )


def _debt(mark: str, digit: str, *, other: bool) -> DisclosedDebt:
    return DisclosedDebt(
        creditor=f"채권자{mark}",
        creditor_phone=f"010-0000-222{digit}",
        amount=7_654_310 + int(digit),
        secured=other,
        days_overdue=61 + other,
        taken_on=date(2019, 5, 11 + other),
        annual_rate_percent=24.5 + other,
        illegal_collection=other,
        learned_through=f"알게된경로{mark}",
    )


def _referral(mark: str, service: ServiceCode, *, other: bool) -> DisclosedReferral:
    digit = "2" if other else "1"
    return DisclosedReferral(
        service_code=service,
        kind=ReferralKind.PERSON if other else ReferralKind.SERVICE,
        urgency=Urgency.URGENT if other else Urgency.NORMAL,
        counselled_on=date(2025, 1, 6 + other),
        referred_on=date(2025, 1, 8 + other),
        due_on=date(2025, 3, 3 + other),
        officer_name=f"담당자{mark}",
        officer_phone=f"031-000-555{digit}",
        eup_myeon_dong=f"읍면동{mark}",
        opinion=f"상담의견{mark}",
        appointment=DisclosedAppointment(
            method=AppointmentMethod.VIDEO if other else AppointmentMethod.PHONE, wanted_at=_wanted_at(other=other)
        ),
        attachments=(Attachment(title=f"첨부서류{mark}", sha256=digit * 64, held_at=f"centre/held-{digit}"),),
    )


def _born(*, other: bool) -> date:
    return date(1961, 3, 8 if other else 7)


def _rrn(*, other: bool) -> str:
    return f"{_born(other=other):%y%m%d}{2 if other else 1}000000"


def _wanted_at(*, other: bool) -> datetime:
    return datetime(2097, 5, 7, 5 + other, 30, tzinfo=UTC)


def _moment(moment: datetime) -> tuple[str, ...]:
    return tuple(f"{at:{form}}" for at in (moment, moment.astimezone(KST)) for form in ("%Y%m%d%H%M", "%Y-%m-%dT%H:%M"))


def _day(day: date) -> tuple[str, ...]:
    return f"{day:%Y%m%d}", day.isoformat()


def _phone(phone: str) -> tuple[str, ...]:
    return phone, phone.replace("-", "")
