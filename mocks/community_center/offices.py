"""The 31 시군 offices of Gyeonggi-do: 기관코드, the 법정동 prefixes of each, and what each does not offer.

The mock's own table. Codes and names [S]; which office offers what [A].
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Office:
    """One office (시군 주민센터)."""

    name: str
    code: str
    """기관코드, 7 digits."""
    dong_prefix: str
    """How the 법정동코드 of its area begin: 5 digits, or 4 where the city has districts (구)."""
    not_offered: frozenset[str] = frozenset()
    """The `svcCd` that it refuses with E203."""

    @property
    def organization_id(self) -> str:
        """Its id in the message header: ORG and the first five digits of the 기관코드."""
        return f"ORG{self.code[:5]}"


_NO_NEIGHBOUR_CARE = frozenset({"NB01"})

_ALL = (
    Office("수원시", "3740000", "4111"),
    Office("성남시", "3780000", "4113"),
    Office("의정부시", "3820000", "41150"),
    Office("안양시", "3830000", "4117"),
    Office("부천시", "3860000", "4119"),
    Office("광명시", "3900000", "41210"),
    Office("평택시", "3910000", "41220"),
    Office("동두천시", "3920000", "41250"),
    Office("안산시", "3930000", "4127"),
    Office("고양시", "3940000", "4128"),
    Office("과천시", "3970000", "41290", _NO_NEIGHBOUR_CARE),
    Office("구리시", "3980000", "41310"),
    Office("남양주시", "3990000", "41360"),
    Office("오산시", "4000000", "41370"),
    Office("시흥시", "4010000", "41390"),
    Office("군포시", "4020000", "41410"),
    Office("의왕시", "4030000", "41430"),
    Office("하남시", "4040000", "41450"),
    Office("용인시", "4050000", "4146"),
    Office("파주시", "4060000", "41480"),
    Office("이천시", "4070000", "41500"),
    Office("안성시", "4080000", "41550"),
    Office("김포시", "4090000", "41570"),
    Office("화성시", "5530000", "41590"),
    Office("광주시", "5540000", "41610"),
    Office("양주시", "5590000", "41630"),
    Office("포천시", "5600000", "41650"),
    Office("여주시", "5700000", "41670"),
    Office("연천군", "4140000", "41800", _NO_NEIGHBOUR_CARE),
    Office("가평군", "4160000", "41820", _NO_NEIGHBOUR_CARE),
    Office("양평군", "4170000", "41830"),
)

OFFICES = {office.code: office for office in _ALL}
"""All offices by 기관코드."""


def office_of(dong: str) -> Office | None:
    """Return the office whose area the 법정동코드 (10 digits) lies in; None outside Gyeonggi-do."""
    return next((office for office in _ALL if dong.startswith(office.dong_prefix)), None)
