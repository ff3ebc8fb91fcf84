"""Korean identifiers: RRN (주민등록번호), BRN (사업자등록번호), telephone numbers. Pure checks, no look-ups.

Source: 주민등록법 시행규칙 2조 (RRN; numbers issued since 2020-10 carry no check digit), 국세청 (BRN check digit).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, StringConstraints

_CENTURY_OF_DIGIT_7 = {
    "9": 1800, "0": 1800,
    "1": 1900, "2": 1900, "5": 1900, "6": 1900,
    "3": 2000, "4": 2000, "7": 2000, "8": 2000,
}  # fmt: skip
_RRN_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_BRN_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_PHONE = re.compile(r"\+?[0-9() -]+")
_PHONE_DIGITS = range(8, 13)


def rrn_birth_date(rrn: str) -> date:
    """Return the birth date that a 13-digit RRN names.

    Raises:
        ValueError: digits 1 to 6 are no date in the century that digit 7 names; the text holds no digit of it.
    """
    century = _CENTURY_OF_DIGIT_7[rrn[6]]
    try:
        return date(century + int(rrn[:2]), int(rrn[2:4]), int(rrn[4:6]))
    except ValueError:
        raise ValueError("주민등록번호 앞자리가 날짜가 아닙니다 (digits 1 to 7 must name a date)") from None


def rrn_is_male(rrn: str) -> bool:
    """Return whether digit 7 of a 13-digit RRN says male (odd)."""
    return int(rrn[6]) % 2 == 1


def rrn_checksum_holds(rrn: str) -> bool:
    """Return whether the check digit of a 13-digit RRN holds. A soft warning only: newer numbers have none."""
    total = sum(weight * int(digit) for weight, digit in zip(_RRN_WEIGHTS, rrn, strict=False))
    return (11 - total % 11) % 10 == int(rrn[12])


def brn_checksum_holds(brn: str) -> bool:
    """Return whether the check digit of a 10-digit BRN holds (weights 1,3,7,1,3,7,1,3,5 plus ⌊d9·5/10⌋)."""
    total = sum(weight * int(digit) for weight, digit in zip(_BRN_WEIGHTS, brn, strict=False)) + int(brn[8]) * 5 // 10
    return (10 - total % 10) % 10 == int(brn[9])


def _valid_rrn(rrn: str) -> str:
    rrn_birth_date(rrn)
    return rrn


def _valid_brn(brn: str) -> str:
    if not brn_checksum_holds(brn):
        raise ValueError("사업자등록번호 검증 번호가 맞지 않습니다 (the check digit does not hold)")
    return brn


def _valid_phone(phone: str) -> str:
    if not _PHONE.fullmatch(phone):  # the library would read letters, extensions and other alphabets' digits too
        raise ValueError("전화번호를 읽을 수 없습니다 (not a telephone number)")
    try:
        number = phonenumbers.parse(phone, "KR")
    except phonenumbers.NumberParseException:
        raise ValueError("전화번호를 읽을 수 없습니다 (not a telephone number)") from None
    if number.country_code != 82 or not phonenumbers.is_possible_number(number):  # noqa: PLR2004 - 82 is Korea
        raise ValueError("국내 전화번호가 아닙니다 (not a Korean telephone number)")
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    if len(national.replace("-", "")) not in _PHONE_DIGITS:
        raise ValueError("전화번호는 지역번호까지 8~12자리입니다 (must have 8 to 12 digits, area code included)")
    return national


def _digits_only(text: str) -> str:
    return text.replace("-", "")


Rrn = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{6}-?[0-9]{7}$"), AfterValidator(_digits_only), AfterValidator(_valid_rrn)
]
"""주민등록번호, 13 digits (a hyphen after the sixth is taken away). The check digit is never a reason to refuse."""

AdminNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{13}$")]
"""전산관리번호 for people without an RRN, 13 digits [A]."""

Brn = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{3}-?[0-9]{2}-?[0-9]{5}$"),
    AfterValidator(_digits_only),
    AfterValidator(_valid_brn),
]
"""사업자등록번호, 10 digits; the check digit must hold."""

Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20), AfterValidator(_valid_phone)]
"""A Korean telephone number, kept in national form with hyphens, such as 010-0000-1234: 8 to 12 digits."""
