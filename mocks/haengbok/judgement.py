"""What haengbok decides from the data of a message alone: refusals and eligibility. Pure, and documented in the README.

No state lives here: cases are the book's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

NAME_ERROR = "나성명"
"""An obviously fake name that is answered by 성명오류."""
NOT_RESIDENT = "나거주"
"""… by 거주자아님."""
NOT_A_TARGET = "나대상"
"""… by 대상자아님."""
SYSTEM_ERROR = "나장애"
"""… by 시스템오류, in the eligibility service only."""
BROKE_DOWN = "9"
"""`serviceResult` 시스템오류: no answer about the person."""
NEEDS_RRN = frozenset({"BSLF01", "BSLF02"})
PROVINCE = "41"
"""경기도: the first two digits of its 법정동 codes."""
HIGHEST_MEDIAN_INCOME = Decimal(100)
"""Per cent of the median income beyond which a household is no target of basic livelihood security (assumed)."""

OFFICES = frozenset({
    "6410000",
    "3740000", "3780000", "3820000", "3830000", "3860000", "3900000", "3910000", "3920000", "3930000", "3940000",
    "3970000", "3980000", "3990000", "4000000", "4010000", "4020000", "4030000", "4040000", "4050000", "4060000",
    "4070000", "4080000", "4090000", "5530000", "5540000", "5590000", "5600000", "5700000", "4140000", "4160000",
    "4170000",
})  # fmt: skip
"""기관코드 that may call: the province and its 31 시군."""

_CENTURIES = {
    "9": 1800,
    "0": 1800,
    "1": 1900,
    "2": 1900,
    "5": 1900,
    "6": 1900,
    "3": 2000,
    "4": 2000,
    "7": 2000,
    "8": 2000,
}
_DATES = ("tgtrBrthYmd", "cnslDt", "reqDt", "wtdrDt", "spplDt")


def as_date(text: str) -> date | None:
    """Return the day that `yyyyMMdd` names, None if the calendar has no such day."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


def impossible_date(fields: Mapping[str, str]) -> str | None:
    """Return the name of the first date field that the calendar does not have, None if there is none."""
    return next((name for name in _DATES if fields.get(name) and as_date(fields[name]) is None), None)


def birth_date_of(rrn: str) -> date | None:
    """Return the birth date that an RRN names, None if its shape is wrong. Check digits are never looked at."""
    if len(rrn) != 13 or not (rrn.isascii() and rrn.isdigit()):  # noqa: PLR2004 - an RRN has 13 digits
        return None
    return as_date(f"{_CENTURIES[rrn[6]] + int(rrn[:2])}{rrn[2:6]}")


def refusal_of(referral: Mapping[str, str]) -> str | None:
    """Return the `rtnCd` that refuses a registration, None if it is taken."""
    name, rrn = referral["tgtrNm"], referral.get("tgtrRrn", "")
    if name == NAME_ERROR:
        return "R001"
    if rrn and birth_date_of(rrn) != as_date(referral["tgtrBrthYmd"]):
        return "R002"
    if not rrn and referral["svcCd"] in NEEDS_RRN:
        return "R003"
    if name == NOT_RESIDENT or not referral["lgdngCd"].startswith(PROVINCE):
        return "R004"
    if name == NOT_A_TARGET or Decimal(referral.get("mdnIncmRt") or 0) > HIGHEST_MEDIAN_INCOME:
        return "R005"
    return None


def eligibility_of(name: str, rrn: str) -> dict[str, str]:
    """Return `serviceResult`, and with result 1 `FCT_YN` and the four benefits, by the day of birth in the RRN.

    Day 31 → M (to be confirmed); an odd day → Y with 주거 and 교육, on the days 1 to 9 also 생계 and 의료; else N.
    """
    nothing = dict.fromkeys(("FCT_YN", "BSLF01_YN", "BSLF02_YN", "BSLF03_YN", "BSLF04_YN"), "")
    born = birth_date_of(rrn)
    by_name = {NAME_ERROR: "3", NOT_RESIDENT: "4", NOT_A_TARGET: "5", SYSTEM_ERROR: BROKE_DOWN}
    if born is None:
        return nothing | {"serviceResult": "2"}
    if name in by_name:
        return nothing | {"serviceResult": by_name[name]}
    if born.day == 31:  # noqa: PLR2004 - the documented rule
        return nothing | {"FCT_YN": "M", "serviceResult": "1"}
    entitled = born.day % 2 == 1
    poorest = entitled and born.day < 10  # noqa: PLR2004 - the documented rule
    benefits = {"FCT_YN": entitled, "BSLF01_YN": poorest, "BSLF02_YN": poorest, "BSLF03_YN": entitled}
    answers = {key: "Y" if value else "N" for key, value in (benefits | {"BSLF04_YN": entitled}).items()}
    return answers | {"serviceResult": "1"}
