"""A consent that lacks anything the law asks for cannot be read, and the refusal names what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from schemas_samples import CONSENT, consent, without

from schemas.consent import CONSENT_TYPE_OF_CLASS, Consent, ConsentType
from schemas.disclosure import FIELD_PATHS
from schemas.privacy import PrivacyClass

PARTS = ["recipient", "type", "purposes", "purpose_text", "items", "retention", "refusal_right_notified",
         "disadvantage_notified", "required", "method", "form_sha256", "evidence_reference", "signed_at"]  # fmt: skip
OWN_TYPES = sorted(CONSENT_TYPE_OF_CLASS.values())


def named_fields(error: ValidationError) -> set[str]:
    """Return the fields that an error names."""
    return {str(part) for line in error.errors(include_input=False) for part in line["loc"] if isinstance(part, str)}


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_is_refused_and_named(part: str) -> None:
    """Without recipient, purpose, items, retention, notices or evidence there is no valid consent (17②)."""
    with pytest.raises(ValidationError) as caught:
        Consent.model_validate(without(CONSENT, part))
    assert named_fields(caught.value) == {part}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("nothing", [None, "", "  ", [], False, 1])
def test_an_empty_part_is_refused_and_named(part: str, nothing: object) -> None:
    """Null, blanks, empty lists and a notice that was not given are as good as missing."""
    if part == "required" and nothing is False:
        return  # 선택: a consent may be optional
    with pytest.raises(ValidationError) as caught:
        Consent.model_validate(CONSENT | {part: nothing})
    assert named_fields(caught.value) == {part}


@pytest.mark.parametrize("notice", ["refusal_right_notified", "disadvantage_notified"])
def test_a_notice_was_given_or_not(notice: str) -> None:
    """Text that reads like true is no notice."""
    with pytest.raises(ValidationError, match=notice):
        consent(**{notice: "true"})


@pytest.mark.parametrize(
    "recipient",
    ["etc.", "기타", "community_center:382000", "community_center:", "*", "ccrs,kamco", "CCRS", "ccrs:١٢٣٤٥٦٧", "c"],
)
def test_a_recipient_is_one_agency_or_one_office(recipient: str) -> None:
    """A recipient is never "etc.", and neither is a list of several."""
    with pytest.raises(ValidationError):
        consent(recipient=recipient)


@pytest.mark.parametrize("recipient", ["haengbok", "community_center", "community_center:3820000"])
def test_slug_and_office_are_recipients(recipient: str) -> None:
    """An agency's slug, or slug:기관코드."""
    assert consent(recipient=recipient).recipient == recipient


@pytest.mark.parametrize(
    "item", ["client", "client.address", "client.debts", "referral", "client.*", "client.nickname", "name", ""]
)
def test_items_are_leaf_paths(item: str) -> None:
    """A group path would come to cover fields that are added to the group later: it is refused."""
    with pytest.raises(ValidationError) as caught:
        consent(items=["client.name", item])
    assert named_fields(caught.value) == {"items"}


@pytest.mark.parametrize("path", sorted(FIELD_PATHS))
@pytest.mark.parametrize("consent_type", OWN_TYPES)
def test_one_tick_never_covers_two_types(path: str, consent_type: ConsentType) -> None:
    """Third-party, sensitive, unique identifier and credit information are separate (22①): plain fields go with any."""
    privacy = FIELD_PATHS[path]
    fits = privacy is PrivacyClass.PLAIN or CONSENT_TYPE_OF_CLASS[privacy] is consent_type
    if fits:
        assert consent(type=consent_type, items=[path]).items == (path,)
    else:
        with pytest.raises(ValidationError, match="items"):
            consent(type=consent_type, items=[path])


@pytest.mark.parametrize("consent_type", sorted(set(ConsentType) - set(OWN_TYPES)))
def test_types_that_open_no_disclosure_name_any_field(consent_type: ConsentType) -> None:
    """수집·이용, 행정정보 공동이용 and 금융정보 say what is looked up: they may name every field."""
    assert consent(type=consent_type, items=list(FIELD_PATHS)).type is consent_type


def test_every_class_but_plain_has_its_consent_type() -> None:
    """A class without a type would leave its fields either always open or always shut."""
    assert set(CONSENT_TYPE_OF_CLASS) == set(PrivacyClass) - {PrivacyClass.PLAIN}


@pytest.mark.parametrize(
    "changes", [{"basis": "statute"}, {"article": "서민금융법 시행령 58조"}, {"basis": "consent", "article": "x"}]
)
def test_a_statute_and_its_article_go_together(changes: dict[str, Any]) -> None:
    """A law without its article proves nothing, and a consent rests on no article."""
    with pytest.raises(ValidationError, match="article"):
        consent(**changes)
    assert consent(basis="statute", article="서민금융법 시행령 58조").article == "서민금융법 시행령 58조"


@pytest.mark.parametrize("expires_at", ["2024-05-02T10:00:00+09:00", "2024-05-02T00:59:59Z"])
def test_a_consent_does_not_expire_before_it_is_signed(expires_at: str) -> None:
    """The offset counts: 00:59:59 UTC is before 10:00 in Korea."""
    with pytest.raises(ValidationError, match="expires_at"):
        consent(expires_at=expires_at)


@pytest.mark.parametrize("guardian", [{}, {"name": "김나루"}, {"relation": "모"}])
def test_a_guardian_has_name_and_relation(guardian: dict[str, str]) -> None:
    """Whoever signs for a child is named with the relation to it."""
    with pytest.raises(ValidationError, match="guardian"):
        consent(guardian=guardian)


MARKS = st.text("가나다라마바사QXZ0123456789-_.:/ ", min_size=6, max_size=30).filter(lambda text: len(text.strip()) > 5)
JUNK = st.one_of(MARKS, st.lists(MARKS, min_size=1, max_size=2), st.builds(lambda text: {"name": text}, MARKS))


@given(part=st.sampled_from([*PARTS, "basis", "article", "expires_at", "guardian"]), junk=JUNK)
def test_no_error_text_holds_the_input(part: str, junk: object) -> None:
    """Whatever is handed in, neither str nor repr of the error, nor its messages, give it back."""
    try:
        Consent.model_validate(CONSENT | {part: junk})
    except ValidationError as error:
        first = junk[0] if isinstance(junk, list) else junk["name"] if isinstance(junk, dict) else junk
        texts = [str(error), repr(error), *(line["msg"] for line in error.errors(include_input=False))]
        assert [text for text in texts if str(first) in text] == []


def test_an_article_of_law_names_nobody() -> None:
    """The article is kept in clear beside the consent: what looks like an RRN or a telephone number is refused."""
    with pytest.raises(ValidationError, match="article"):
        consent(basis="statute", article="홍길동 680209-1000000")
