"""The 31 시군 of Gyeonggi-do: every row, the districts of cities, and validity dates."""

from __future__ import annotations

from datetime import date

import pytest

from schemas import regions
from schemas.regions import MUNICIPALITIES, Municipality, municipality_of

DAY = date(2024, 5, 1)

# Copied from the public tables by hand, not from the code under test.
DOMAIN = """
수원 41110/3740000 성남 41130/3780000 의정부 41150/3820000 안양 41170/3830000 부천 41190/3860000 광명 41210/3900000
평택 41220/3910000 동두천 41250/3920000 안산 41270/3930000 고양 41280/3940000 과천 41290/3970000 구리 41310/3980000
남양주 41360/3990000 오산 41370/4000000 시흥 41390/4010000 군포 41410/4020000 의왕 41430/4030000 하남 41450/4040000
용인 41460/4050000 파주 41480/4060000 이천 41500/4070000 안성 41550/4080000 김포 41570/4090000 화성 41590/5530000
광주 41610/5540000 양주 41630/5590000 포천 41650/5600000 여주 41670/5700000 연천 41800/4140000 가평 41820/4160000
양평 41830/4170000
"""
ROWS = [(name, *codes.split("/")) for name, codes in zip(DOMAIN.split()[::2], DOMAIN.split()[1::2], strict=True)]
DISTRICTS = {
    "수원": ("41111", "41113", "41115", "41117"),
    "성남": ("41131", "41133", "41135"),
    "안양": ("41171", "41173"),
    "부천": ("41192", "41194", "41196"),
    "안산": ("41271", "41273"),
    "고양": ("41281", "41285", "41287"),
    "용인": ("41461", "41463", "41465"),
}


def test_there_are_31_with_codes_of_their_own() -> None:
    """31 rows, and no name, prefix or 기관코드 stands twice."""
    assert len(ROWS) == len(MUNICIPALITIES) == 31
    assert {len(set(column)) for column in zip(*[row[:3] for row in MUNICIPALITIES], strict=True)} == {31}


@pytest.mark.parametrize(("name", "dong", "org"), ROWS)
def test_every_municipality_resolves(name: str, dong: str, org: str) -> None:
    """A legal dong of each 시군 leads to its 기관코드."""
    found = municipality_of(f"{dong}10100", DAY)
    assert found is not None
    assert (found.name.removesuffix("시").removesuffix("군"), found.org_code) == (name, org)


@pytest.mark.parametrize(("name", "dong"), [(name, dong) for name, dongs in DISTRICTS.items() for dong in dongs])
def test_districts_belong_to_their_city(name: str, dong: str) -> None:
    """A district of a city has no office of its own: its city's is in charge."""
    found = municipality_of(f"{dong}10100", DAY)
    assert found is not None
    assert found.name == f"{name}시"


@pytest.mark.parametrize("number", range(1, 14))
def test_all_legal_dong_of_uijeongbu_resolve(number: int) -> None:
    """의정부 has the legal dong 4115010100 to 4115011300."""
    found = municipality_of(f"41150{100 + number}00", DAY)
    assert found is not None
    assert found.org_code == "3820000"


@pytest.mark.parametrize("adm_cd", ["1111010100", "4100000000", "4199010100", "4811010100", ""])
def test_outside_the_province_no_office_is_in_charge(adm_cd: str) -> None:
    """서울 and other provinces, and codes that do not exist, lead nowhere."""
    assert municipality_of(adm_cd, DAY) is None


def test_rows_hold_for_their_days_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code that ended yesterday and its successor from today never hold on the same day."""
    old = Municipality("나루군", "4199", "9990000", date(2014, 1, 1), date(2024, 4, 30))
    new = Municipality("나루시", "4199", "9990001", date(2024, 5, 1))
    monkeypatch.setattr(regions, "MUNICIPALITIES", (old, new))
    assert [municipality_of("4199010100", day) for day in (date(2013, 12, 31), date(2024, 4, 30), DAY)] == [
        None,
        old,
        new,
    ]
