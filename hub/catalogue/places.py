"""From what a caller calls a place to where a catalogue is searched: a 법정동코드 of 5 digits, or a name. Pure."""

from __future__ import annotations

import re
from datetime import date

from adapters.sdk.catalogue import Region
from schemas.regions import MUNICIPALITIES, municipality_of

PROVINCE = "경기도"
_PROVINCE_CODE = "41000"
_CODE = re.compile(r"[0-9]{5}", re.ASCII)


class UnknownPlaceError(ValueError):
    """No 시군 of the province has this code or name. The text does not repeat it."""


def region_of(place: str, day: date) -> Region:
    """Return the region that a code (`41150`, a district's too) or a name (`의정부시`, `의정부`, `경기도`) means.

    Raises:
        UnknownPlaceError: none does on that day.
    """
    if place in {PROVINCE, "경기", _PROVINCE_CODE}:
        return Region(PROVINCE)
    if _CODE.fullmatch(place):
        found = municipality_of(place, day)
    else:
        name = place.removeprefix(PROVINCE).strip()
        found = next((one for one in MUNICIPALITIES if name in {one.name, one.name[:-1]}), None)
    if found is None:
        raise UnknownPlaceError("경기도와 그 31개 시군의 이름이나 법정동코드 앞 5자리를 적습니다.")
    return Region(PROVINCE, found.name)
