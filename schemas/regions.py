"""경기도의 31 시군: which office (기관코드) is in charge of a legal dong (법정동코드) on a day.

Source: the public 법정동코드 and 기관코드 tables (행정표준코드), as several public clients
agree on them. Codes change, so every row carries the days that it holds for.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

GYEONGGI_ORG_CODE = "6410000"
"""경기도 itself."""


class Municipality(NamedTuple):
    """시군: its name, the first four digits of its legal-dong codes, its 기관코드 (7 digits), and its validity.

    Four digits, not five: the districts (구) of a city differ in the fifth digit only (수원 41111, 41113, …).
    """

    name: str
    dong_prefix: str
    org_code: str
    valid_from: date
    valid_to: date | None = None
    """The last day, or None while it holds."""


_SINCE = date(2014, 1, 1)
"""All rows hold at least since then; earlier validity was not established."""

_ROWS = """
수원시 4111 3740000, 성남시 4113 3780000, 의정부시 4115 3820000, 안양시 4117 3830000, 부천시 4119 3860000,
광명시 4121 3900000, 평택시 4122 3910000, 동두천시 4125 3920000, 안산시 4127 3930000, 고양시 4128 3940000,
과천시 4129 3970000, 구리시 4131 3980000, 남양주시 4136 3990000, 오산시 4137 4000000, 시흥시 4139 4010000,
군포시 4141 4020000, 의왕시 4143 4030000, 하남시 4145 4040000, 용인시 4146 4050000, 파주시 4148 4060000,
이천시 4150 4070000, 안성시 4155 4080000, 김포시 4157 4090000, 화성시 4159 5530000, 광주시 4161 5540000,
양주시 4163 5590000, 포천시 4165 5600000, 여주시 4167 5700000, 연천군 4180 4140000, 가평군 4182 4160000,
양평군 4183 4170000
"""


def _read(row: str) -> Municipality:
    name, dong_prefix, org_code = row.split()
    return Municipality(name, dong_prefix, org_code, _SINCE)


MUNICIPALITIES: tuple[Municipality, ...] = tuple(_read(row) for row in _ROWS.split(","))
"""All 31 rows, in the order of their codes."""


def municipality_of(adm_cd: str, day: date) -> Municipality | None:
    """Return the 시군 in charge of the 10-digit 법정동코드 `adm_cd` on `day`; None outside Gyeonggi-do."""
    for row in MUNICIPALITIES:
        holds = row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
        if holds and adm_cd.startswith(row.dong_prefix):
            return row
    return None
