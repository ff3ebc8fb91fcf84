"""The codes by which 복지로 sorts welfare services: stage of life, household, theme. Pure tables.

Source: the code tables of the open APIs of 한국사회보장정보원 (중앙부처·지자체 복지서비스). `schemas/services.py` names
themes of this table; which services there are comes from a catalogue, not from here.
"""

from __future__ import annotations

from enum import StrEnum


class LifeStage(StrEnum):
    """생애주기, 3 digits."""

    INFANT = "001"
    """영유아."""
    CHILD = "002"
    """아동."""
    TEENAGER = "003"
    """청소년."""
    YOUNG_ADULT = "004"
    """청년."""
    MIDDLE_AGED = "005"
    """중장년."""
    OLD_AGE = "006"
    """노년."""
    PREGNANCY = "007"
    """임신·출산."""


class HouseholdGroup(StrEnum):
    """가구상황 (대상자), 3 digits."""

    MULTICULTURAL = "010"
    """다문화·탈북민."""
    MANY_CHILDREN = "020"
    """다자녀."""
    VETERAN = "030"
    """보훈대상자."""
    DISABLED = "040"
    """장애인."""
    LOW_INCOME = "050"
    """저소득."""
    SINGLE_PARENT = "060"
    """한부모·조손."""


class Theme(StrEnum):
    """관심주제, 3 digits."""

    PHYSICAL_HEALTH = "010"
    """신체건강."""
    MENTAL_HEALTH = "020"
    """정신건강."""
    LIVELIHOOD = "030"
    """생활지원."""
    HOUSING = "040"
    """주거."""
    JOBS = "050"
    """일자리."""
    CULTURE = "060"
    """문화·여가."""
    SAFETY = "070"
    """안전·위기."""
    PREGNANCY = "080"
    """임신·출산."""
    CHILDCARE = "090"
    """보육."""
    EDUCATION = "100"
    """교육."""
    ADOPTION = "110"
    """입양·위탁."""
    CARE = "120"
    """보호·돌봄."""
    FINANCE = "130"
    """서민금융."""
    LAW = "140"
    """법률."""
    RELATIONSHIPS = "150"
    """관계개선."""
    ENERGY = "160"
    """에너지."""
