"""Service codes (ours) and what they are called. Which agency serves which code is configuration, not here."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class ServiceCode(StrEnum):
    """What a client asks for. Also the purpose that a consent names. Source: ours."""

    DEBT_FAST = "DEBT-FAST"
    DEBT_PRE = "DEBT-PRE"
    DEBT_IND = "DEBT-IND"
    LOAN_CCRS = "LOAN-CCRS"
    DEBT_KAMCO = "DEBT-KAMCO"
    LAW_COUNSEL = "LAW-COUNSEL"
    LAW_REHAB = "LAW-REHAB"
    LAW_BANKR = "LAW-BANKR"
    LAW_AGENT = "LAW-AGENT"
    ILLEGAL_LEND = "ILLEGAL-LEND"
    LOAN_MISO = "LOAN-MISO"
    JOB_COUNSEL = "JOB-COUNSEL"
    WEL_BASIC = "WEL-BASIC"
    WEL_EMERG = "WEL-EMERG"
    WEL_NEAR = "WEL-NEAR"
    WEL_CASE = "WEL-CASE"


class Service(NamedTuple):
    """A service's Korean title and the 복지로 theme (관심주제, 3 digits) that it belongs to."""

    title: str
    theme: str


SERVICES: dict[ServiceCode, Service] = {
    ServiceCode.DEBT_FAST: Service("신속채무조정", "130"),
    ServiceCode.DEBT_PRE: Service("사전채무조정(프리워크아웃)", "130"),
    ServiceCode.DEBT_IND: Service("개인워크아웃", "130"),
    ServiceCode.LOAN_CCRS: Service("신용회복위원회 소액대출", "130"),
    ServiceCode.DEBT_KAMCO: Service("한국자산관리공사 채무조정", "130"),
    ServiceCode.LAW_COUNSEL: Service("법률상담", "140"),
    ServiceCode.LAW_REHAB: Service("개인회생 지원", "140"),
    ServiceCode.LAW_BANKR: Service("개인파산 지원", "140"),
    ServiceCode.LAW_AGENT: Service("채무자대리인 선임", "140"),
    ServiceCode.ILLEGAL_LEND: Service("불법사금융 피해구제", "130"),
    ServiceCode.LOAN_MISO: Service("미소금융", "130"),
    ServiceCode.JOB_COUNSEL: Service("취업상담", "050"),
    ServiceCode.WEL_BASIC: Service("사회보장급여 의뢰", "030"),
    ServiceCode.WEL_EMERG: Service("긴급복지", "070"),
    ServiceCode.WEL_NEAR: Service("이웃돌봄", "120"),
    ServiceCode.WEL_CASE: Service("통합사례관리", "120"),
}
