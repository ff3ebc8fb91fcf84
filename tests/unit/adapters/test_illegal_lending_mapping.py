"""불법사금융 피해구제: what a document becomes on the form, and what has no place there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from illegal_lending_samples import LEAST, PROFILE, WHOLE, document, golden, order

from adapters.illegal_lending import codes
from adapters.illegal_lending.contract import code_tables, form_of
from adapters.illegal_lending.form import Filled, write_form
from adapters.illegal_lending.mapping import FIELDS, register_form
from adapters.sdk import CannotExpressError, MisconfiguredError
from adapters.sdk.encodings import Encoding
from schemas.disclosure import Disclosure

FORM = form_of("register")


def written(told: Disclosure) -> bytes:
    """Return the bytes of the form for a document."""
    return write_form(FORM, register_form(order(told)), Encoding.CP949, FIELDS)


def refused(told: Disclosure) -> CannotExpressError:
    """Return the error with which a document is refused."""
    with pytest.raises(CannotExpressError) as caught:
        written(told)
    return caught.value


@pytest.mark.parametrize(("told", "name"), [(LEAST, "register_least"), (WHOLE, "register_whole")])
def test_documents_become_the_golden_forms(told: dict[str, Any], name: str) -> None:
    """Byte for byte: percent-encoded CP949, rows aligned, and no RRN."""
    assert written(document(told)) == golden(f"{name}.request.form")


def test_every_field_has_a_place_and_every_place_a_field() -> None:
    """What may be disclosed stands on the form, and all of the form but its own id comes from the document."""
    assert {field.name for field in FORM.fields} - FIELDS.keys() == {"TRAN_ID"}
    assert set(FIELDS.values()) == PROFILE.discloses
    assert FIELDS.keys() <= {field.name for field in FORM.fields}


def test_every_code_is_mapped() -> None:
    """Each code of the contract has a meaning, and none is invented."""
    tables = code_tables()
    assert codes.MESSAGES.keys() == tables["MESSAGE"].keys()
    assert codes.STATUSES.keys() == tables["STTS_CD"].keys()
    assert codes.OUTCOMES.keys() == tables["END_CD"].keys()
    assert set(codes.SERVICES.values()) == tables["SVC_CD"].keys()
    assert set(codes.SEXES.values()) == tables["REQ_SEX"].keys()
    refusing = {code for code, meaning in codes.MESSAGES.items() if meaning is codes.Meaning.REFUSED}
    assert codes.REFUSALS.keys() == refusing


def test_a_sixth_related_person_is_refused() -> None:
    """Five have room; a sixth is named as too many, and nobody is left out in silence."""
    five = [{"name": f"관계인{number}"} for number in range(5)]
    assert written(document(related_persons=five)).count(b"REL_NM=") == 5
    error = refused(document(related_persons=[*five, {"name": "한 명 더"}]))
    assert error.path == "client.related_persons.name"
    assert "5건" in error.why


def test_an_eleventh_loan_is_refused() -> None:
    """Ten have room."""
    loans = [{"creditor_phone": "010-0000-9001"}] * 11
    assert refused(document(debts=loans)).path == "client.debts.creditor"


@pytest.mark.parametrize(
    ("client", "path"),
    [
        ({"debts": [{"creditor_phone": "031-000-9001"}]}, "client.debts.creditor_phone"),
        ({"debts": [{"creditor": "가나대부"}]}, "client.debts.creditor_phone"),
        ({"debts": []}, "client.debts.creditor_phone"),
        ({"name": "김나루😀"}, "client.name"),
        ({"name": "가" * 31}, "client.name"),
        ({"related_persons": [{"relation": "𠮷"}]}, "client.related_persons.relation"),
        ({"debts": [{"creditor_phone": "010-0000-9001", "annual_rate_percent": 24.333}]},
            "client.debts.annual_rate_percent"),
        ({"phones": []}, "client.phones"),
    ],
)  # fmt: skip
def test_what_the_form_cannot_carry_is_refused_by_field(client: dict[str, Any], path: str) -> None:
    """A landline for the lender, a missing one, characters and lengths beyond CP949's bytes: named, never shown."""
    error = refused(document(**client))
    assert error.path == path
    assert not any(str(value) in str(error) for value in ("김나루", "24.333", "𠮷", "9001"))


def test_a_service_of_another_agency_is_refused() -> None:
    """The form has no code for it."""
    told = {**LEAST, "referral": {**LEAST["referral"], "service_code": "WEL-BASIC"}}
    assert refused(document(told)).path == "referral.service_code"


def test_a_broken_id_of_ours_is_our_fault() -> None:
    """It comes from no document, so no field is named."""
    with pytest.raises(MisconfiguredError, match="TRAN_ID"):
        write_form(form_of("status"), Filled({"TRAN_ID": "x", "RCPT_NO": "IL20250304-000001"}), Encoding.CP949, FIELDS)


@given(st.text(st.characters(codec="cp949", categories=("L", "N", "P", "Zs")), min_size=1, max_size=40))
def test_lengths_are_bytes(name: str) -> None:
    """A name goes out whole, or is refused; never cut."""
    told = document().model_copy(update={"client": document().client.model_copy(update={"name": name})})
    if len(name.encode("cp949")) > 60:
        assert refused(told).path == "client.name"
    else:
        assert b"&REQ_NM=" in written(told)
