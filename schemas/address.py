"""An address in the terms of the national road-name address system (도로명주소, juso).

No geography lives here: see `regions`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from schemas.base import Frozen, Line
from schemas.privacy import PrivacyClass

LegalDongCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
"""법정동코드, 10 digits: 시도 2, 시군구 3, 읍면동 3, 리 2."""


class DisclosedAddress(Frozen):
    """도로명주소: the parts that a recipient may see. Source: juso open API, field names in snake case."""

    zip_no: Annotated[str | None, StringConstraints(pattern=r"^[0-9]{5}$"), PrivacyClass.PERSONAL] = None
    """우편번호 (`zipNo`), 5 digits."""
    road_addr_part1: Annotated[Line | None, PrivacyClass.PERSONAL] = None
    """도로명주소 without the detail (`roadAddrPart1`)."""
    addr_detail: Annotated[Line | None, PrivacyClass.PERSONAL] = None
    """상세주소 (`addrDetail`)."""
    adm_cd: Annotated[LegalDongCode | None, PrivacyClass.PERSONAL] = None
    """법정동코드 (`admCd`), 10 digits: decides the 관할 시군."""
    rn_mgt_sn: Annotated[str | None, StringConstraints(pattern=r"^[0-9]{12}$"), PrivacyClass.PERSONAL] = None
    """도로명코드 (`rnMgtSn`), 12 digits."""
    bd_mgt_sn: Annotated[str | None, StringConstraints(pattern=r"^[0-9]{25}$"), PrivacyClass.PERSONAL] = None
    """건물관리번호 (`bdMgtSn`), 25 digits."""


class Address(DisclosedAddress):
    """도로명주소 as a centre hands it over: the legal-dong code and the road address are always there."""

    road_addr_part1: Annotated[Line, PrivacyClass.PERSONAL]
    """도로명주소 without the detail (`roadAddrPart1`)."""
    adm_cd: Annotated[LegalDongCode, PrivacyClass.PERSONAL]
    """법정동코드 (`admCd`), 10 digits: decides the 관할 시군."""
