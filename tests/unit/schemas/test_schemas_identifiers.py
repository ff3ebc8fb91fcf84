"""RRN, BRN, telephone numbers and address codes, in the forms that the public sources give."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from schemas_samples import ADDRESS, client

from schemas.address import Address
from schemas.identifiers import (
    AdminNumber,
    Brn,
    Phone,
    Rrn,
    brn_checksum_holds,
    rrn_birth_date,
    rrn_checksum_holds,
    rrn_is_male,
)

RRN, BRN, PHONE, ADMIN = TypeAdapter(Rrn), TypeAdapter(Brn), TypeAdapter(Phone), TypeAdapter(AdminNumber)

CENTURIES = {"9": 1800, "0": 1800} | dict.fromkeys("1256", 1900) | dict.fromkeys("3478", 2000)


@pytest.mark.parametrize(("digit", "century"), CENTURIES.items())
def test_digit_7_names_the_century(digit: str, century: int) -> None:
    """1, 2, 5, 6 are the 1900s, 3, 4, 7, 8 the 2000s, 9 and 0 the 1800s."""
    assert rrn_birth_date(f"850203{digit}000000") == date(century + 85, 2, 3)


@pytest.mark.parametrize("digit", "0123456789")
def test_digit_7_names_the_sex(digit: str) -> None:
    """Odd is male, even is female, for Koreans and foreigners in every century."""
    assert rrn_is_male(f"850203{digit}000000") == (digit in "13579")


@pytest.mark.parametrize("rrn", ["201101-3000000", "2011013000000", "800102-1000000"])
def test_numbers_without_a_check_digit_pass(rrn: str) -> None:
    """Numbers issued since 2020-10 have none: a failed checksum is never a reason to refuse."""
    read = RRN.validate_python(rrn)
    assert read == rrn.replace("-", "")
    assert not rrn_checksum_holds(read)


def test_the_old_check_digit_can_still_be_asked() -> None:
    """The soft warning: 11 minus the weighted sum modulo 11, modulo 10."""
    body = "800102100000"
    good = [digit for digit in "0123456789" if rrn_checksum_holds(body + digit)]
    total = sum(w * int(d) for w, d in zip((2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), body, strict=True))
    assert good == [str((11 - total % 11) % 10)]


@pytest.mark.parametrize(
    "rrn",
    [
        "801302-1000000",
        "800230-1000000",
        "010229-3000000",
        "800102100000",
        "80010-21000000",
        "８００１０２1000000",
        "800102 1000000",
    ],
)
def test_what_is_no_rrn_is_refused(rrn: str) -> None:
    """A date that the calendar of that century lacks, a wrong length, other alphabets' digits."""
    with pytest.raises(ValidationError):
        RRN.validate_python(rrn)


def test_leap_day_counts_in_its_century() -> None:
    """29 February 2000 was a day, 29 February 1900 was none."""
    assert RRN.validate_python("000229-3000000") == "0002293000000"
    with pytest.raises(ValidationError):
        RRN.validate_python("000229-1000000")


@pytest.mark.parametrize("changes", [{"birth_date": "1980-01-03"}, {"birth_date": "1880-01-02"}, {"sex": "female"}])
def test_rrn_that_contradicts_the_client_is_refused(changes: dict[str, str]) -> None:
    """An RRN names birth date and sex: a document that says otherwise is wrong somewhere."""
    with pytest.raises(ValidationError) as caught:
        client(**changes)
    assert "rrn" in str(caught.value)


@given(birth=st.dates(date(1880, 1, 1), date(2020, 9, 30)), foreign=st.booleans(), male=st.booleans())
def test_rrn_that_agrees_with_the_client_is_taken(birth: date, foreign: bool, male: bool) -> None:
    """For every birth date the number built by the rules is accepted beside it."""
    pairs = {18: "90", 19: "56" if foreign else "12", 20: "78" if foreign else "34"}[birth.year // 100]
    rrn = f"{birth:%y%m%d}{pairs[0] if male else pairs[1]}000000"
    assert client(rrn=rrn, birth_date=birth.isoformat(), sex="male" if male else "female").rrn == rrn


def test_one_identifier_only() -> None:
    """A client has an RRN or a 전산관리번호, never both."""
    with pytest.raises(ValidationError):
        client(admin_number="1234567890123")
    assert client(rrn=None, admin_number="1234567890123").admin_number == "1234567890123"


@pytest.mark.parametrize("number", ["123456789012", "12345678901234", "١٢٣٤٥٦٧٨٩٠١٢٣", "123456789012a"])
def test_admin_number_is_13_ascii_digits(number: str) -> None:
    """Digits of other alphabets are digits to a regular expression, but to no agency."""
    with pytest.raises(ValidationError):
        ADMIN.validate_python(number)


@pytest.mark.parametrize("brn", ["124-81-00998", "220-81-62517", "1208147521"])
def test_known_business_numbers_hold(brn: str) -> None:
    """Published numbers of well-known companies pass the check digit."""
    assert BRN.validate_python(brn) == brn.replace("-", "")


@given(body=st.integers(0, 10**9 - 1), position=st.integers(0, 9), change=st.integers(1, 9))
def test_any_single_changed_digit_is_noticed(body: int, position: int, change: int) -> None:
    """The weights are coprime to ten, and the ninth digit's 5d + ⌊d/2⌋ takes ten values: no single slip passes."""
    digits = f"{body:09d}"
    brn = next(digits + check for check in "0123456789" if brn_checksum_holds(digits + check))
    slip = str((int(brn[position]) + change) % 10)
    assert not brn_checksum_holds(brn[:position] + slip + brn[position + 1 :])


@pytest.mark.parametrize("brn", ["124-81-00999", "12481-00998-", "124810099", "１24-81-00998"])
def test_wrong_business_numbers_are_refused(brn: str) -> None:
    """A failing check digit or another form is refused."""
    with pytest.raises(ValidationError):
        BRN.validate_python(brn)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("010-0000-1234", "010-0000-1234"),
        ("01000001234", "010-0000-1234"),
        (" 010 0000 1234 ", "010-0000-1234"),
        ("+82-10-0000-1234", "010-0000-1234"),
        ("+82 (0)31-8030-1234", "031-8030-1234"),
        ("02-123-4567", "02-123-4567"),
        ("1588-1234", "1588-1234"),
        ("070-0000-0000", "070-0000-0000"),
    ],
)
def test_phones_are_kept_in_one_form(typed: str, kept: str) -> None:
    """However a Korean number is typed, it is kept in national form with hyphens."""
    assert PHONE.validate_python(typed) == kept


@pytest.mark.parametrize(
    "phone",
    [
        "",
        "112",
        "12",
        "010-AAAA-1234",
        "010-0000-1234 ext. 5",
        "０１０-0000-1234",
        "+1-202-555-0100",
        "010-0000-12345678",
        "tel:010",
    ],
)
def test_what_is_no_korean_phone_is_refused(phone: str) -> None:
    """Letters, extensions, foreign numbers, and numbers too short to be called from elsewhere."""
    with pytest.raises(ValidationError):
        PHONE.validate_python(phone)


@given(st.text(max_size=25))
def test_accepted_phones_fit_every_wire(text: str) -> None:
    """Whatever passes holds digits and hyphens only, 8 to 12 digits, and is kept as it is when read again."""
    try:
        phone = PHONE.validate_python(text)
    except ValidationError:
        return
    assert 8 <= len(phone.replace("-", "")) <= 12
    assert phone.replace("-", "").isascii()
    assert phone.replace("-", "").isdigit()
    assert PHONE.validate_python(phone) == phone


@pytest.mark.parametrize(("field", "width"), [("zip_no", 5), ("adm_cd", 10), ("rn_mgt_sn", 12), ("bd_mgt_sn", 25)])
@pytest.mark.parametrize("wrong", ["short", "long", "letter", "arabic"])
def test_address_codes_have_fixed_widths(field: str, width: int, wrong: str) -> None:
    """Juso's codes are ASCII digits of one width each."""
    value = {
        "short": "1" * (width - 1),
        "long": "1" * (width + 1),
        "letter": "1" * (width - 1) + "a",
        "arabic": "١" * width,
    }
    with pytest.raises(ValidationError) as caught:
        Address.model_validate(ADDRESS | {field: value[wrong]})
    assert field in str(caught.value)
    assert Address.model_validate(ADDRESS | {field: "1" * width})


@pytest.mark.parametrize("field", ["road_addr_part1", "adm_cd"])
def test_an_address_says_where_it_is(field: str) -> None:
    """The legal dong decides the office in charge: a centre always hands it over."""
    with pytest.raises(ValidationError):
        Address.model_validate({name: value for name, value in ADDRESS.items() if name != field})
