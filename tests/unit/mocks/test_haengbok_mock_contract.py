"""The contract files of haengbok agree with each other, and their facets are as strict as they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from haengbok_wire import PERSON, REFERRAL, TYPES
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mocks import haengbok
from mocks.haengbok.book import STEPS
from mocks.haengbok.contract import FOLDER, OPERATIONS, breach_of
from mocks.haengbok.envelope import add_children

XS = "{http://www.w3.org/2001/XMLSchema}"
CODES = json.loads((FOLDER / "codes.json").read_bytes())
FIELDS = json.loads((Path(haengbok.__file__).parent / "fields.json").read_bytes())


def schemas() -> list[etree._Element]:
    return [etree.parse(str(path)).getroot() for path in sorted(FOLDER.glob("*.xsd"))]


def enumerated(name: str) -> set[str]:
    """Return the values that the XSDs list for a simple type, or for an element's own type."""
    found = {
        value.get("value", "")
        for schema in schemas()
        for kind in schema.iter(f"{XS}simpleType", f"{XS}element")
        if kind.get("name") == name
        for value in kind.iter(f"{XS}enumeration")
    }
    return found - {""}


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("rtnCd", "RtnCd"),
        ("rsltCd", "RsltCdOrEmpty"),
        ("errCd", "ErrCd"),
        ("serviceResult", "ServiceResult"),
        ("reqKindCd", "ReqKindCd"),
        ("svcCd", "SvcCd"),
        ("sexCd", "SexCd"),
        ("FCT_YN", "FCT_YN"),
        ("wtdrRsnCd", "wtdrRsnCd"),
    ],
)
def test_code_tables_are_what_the_schemas_list(table: str, where: str) -> None:
    """Every code has its Korean word, and no word is without a code."""
    assert set(CODES[table]) == enumerated(where)


def test_states_are_the_ones_of_the_schema() -> None:
    """처리상태 runs from 01 to 18; the agency can reach every state but 접수 and 철회 by an order."""
    assert list(CODES["procStcd"]) == [f"{number:02d}" for number in range(1, 19)]
    assert set(CODES["procStcd"]) - set(STEPS.values()) == {"01", "16"}


def test_auditors_table_knows_every_field_that_can_arrive() -> None:
    """No field of a request is missing from fields.json, and none is there that no request has."""
    arriving = {
        part.get("name")
        for schema in schemas()
        for request in schema.iterchildren(f"{XS}element")
        if request.get("name") in {operation.element for operation in OPERATIONS}
        for part in request.iter(f"{XS}element")
        if part is not request
    }
    assert set(FIELDS) == arriving


def test_imports_are_relative_files() -> None:
    """The WSDL loads from the folder alone."""
    wsdl = etree.parse(str(FOLDER / "haengbok.wsdl"))
    locations = [part.get("schemaLocation") for part in wsdl.iter(f"{XS}import")]
    assert sorted(locations) == sorted(path.name for path in FOLDER.glob("*.xsd"))


def test_nothing_of_ours_stands_in_the_governments_namespace() -> None:
    """Referral operations live in our own namespace."""
    assert {operation.name for operation in OPERATIONS if operation.namespace == TYPES} == {"verify"}


def register_breach(**changed: str) -> str | None:
    element = etree.Element(f"{{{REFERRAL}}}register", nsmap={None: REFERRAL})
    return breach_of(add_children(element, PERSON | changed))


def test_good_registration_fits() -> None:
    """The sample person is valid."""
    assert register_breach() is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("linkReqNo", "2" * 24),
        ("linkReqNo", "2" * 26),
        ("linkReqNo", "2501-15090000000000000001"),
        ("reqKindCd", "03"),
        ("svcCd", "WEL-BASIC"),
        ("tgtrNm", ""),
        ("tgtrNm", " 홍길동"),
        ("tgtrNm", "홍" * 51),
        ("tgtrNm", "홍\n길동"),
        ("tgtrRrn", "900101-1000000"),
        ("tgtrRrn", "٩٠٠١٠١١٠٠٠٠٠٠"),
        ("tgtrBrthYmd", ""),
        ("tgtrBrthYmd", "1990-01-01"),
        ("tgtrBrthYmd", "19901301"),
        ("sexCd", "M"),
        ("telNo", "010-0000-0001"),
        ("telNo", "1234567"),
        ("zipNo", "1177"),
        ("rnAdr", "가" * 201),
        ("lgdngCd", ""),
        ("lgdngCd", "41150"),
        ("hshdMbCnt", "0"),
        ("hshdMbCnt", "100"),
        ("incmAmt", "900,000"),
        ("incmAmt", "-1"),
        ("incmAmt", "0900"),
        ("incmAmt", "1.5"),
        ("mdnIncmRt", "45%"),
        ("mdnIncmRt", "45.123"),
        ("dbtTotAmt", "1" * 16),
        ("reqOpnn", "가" * 4001),
        ("urgYn", ""),
        ("urgYn", "y"),
        ("reqDeptCd", "641000"),
        ("reqDt", "20250115090000"),
    ],
)
def test_facets_refuse(field: str, value: str) -> None:
    """What is one character off is refused, by the element's name."""
    assert register_breach(**{field: value}) == field


@pytest.mark.parametrize(
    "field",
    ["tgtrRrn", "sexCd", "telNo", "zipNo", "rnAdr", "rnDtlAdr", "hshdMbCnt", "incmAmt", "mdnIncmRt", "dbtTotAmt",
     "reqOpnn", "reqTelNo", "cnslDt"],
)  # fmt: skip
def test_optional_fields_may_be_empty(field: str) -> None:
    """A self-closing tag is valid wherever the value is optional."""
    assert register_breach(**{field: ""}) is None


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=50))
def test_any_name_is_carried(name: str) -> None:
    """Names are counted in characters; any script goes."""
    assert register_breach(tgtrNm=name) is None


@given(st.integers(0, 10**15 - 1))
def test_whole_won_up_to_fifteen_digits(amount: int) -> None:
    """Money is whole won without leading zeros."""
    assert register_breach(incmAmt=str(amount)) is None


def test_unknown_and_misplaced_elements_are_refused() -> None:
    """An element too much, and two in the wrong order, break the schema."""
    too_much = etree.Element(f"{{{REFERRAL}}}find", nsmap={None: REFERRAL})
    add_children(too_much, {"linkReqNo": PERSON["linkReqNo"], "tgtrNm": "홍길동"})
    swapped = etree.Element(f"{{{REFERRAL}}}register", nsmap={None: REFERRAL})
    add_children(swapped, dict(reversed(PERSON.items())))
    assert breach_of(too_much) == "tgtrNm"
    assert breach_of(swapped) == "reqDt"
