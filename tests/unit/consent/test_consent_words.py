"""The words for staff: complete over the common schema, and free of what staff cannot read."""

from __future__ import annotations

import re

import pytest

from hub.consent.reasons import WithheldReason
from hub.consent.words import explain

HANGUL = re.compile(r"[가-힣]")


@pytest.mark.parametrize("reason", WithheldReason)
def test_every_reason_is_explained_with_its_fields(reason: WithheldReason) -> None:
    """Each explanation names the field by its title, never by its path, ends as a sentence, and leaves no gap open."""
    text = explain(reason, ["client.birth_date"])
    assert "생년월일" in text
    assert "client." not in text
    assert text.endswith(".")
    assert "{" not in text


@pytest.mark.parametrize("reason", WithheldReason)
def test_every_reason_is_explained_without_fields(reason: WithheldReason) -> None:
    """An event knows no fields: the same words, and no gap where the fields would stand."""
    text = explain(reason)
    assert HANGUL.search(text)
    assert text.endswith(".")
    assert not re.search(r"[{}:]|\(\)", text)


def test_a_missing_consent_names_the_types_to_ask_for() -> None:
    """Staff read which forms to have signed, one for each type."""
    text = explain(
        WithheldReason.CONSENT_MISSING, ["client.name", "client.birth_date", "client.rrn", "client.debts.amount"]
    )
    assert "제3자 제공 동의(성명, 생년월일), 고유식별정보 동의(주민등록번호), 개인신용정보 동의(채무액)" in text


def test_a_plain_field_asks_for_third_party_consent() -> None:
    """A plain field rides on a third-party consent, so that is the form to have signed."""
    assert "제3자 제공 동의(서비스 코드)" in explain(WithheldReason.CONSENT_MISSING, ["referral.service_code"])


def test_an_unknown_path_is_named_as_it_is() -> None:
    """Words never fail: a path without a title stands for itself."""
    assert "client.invented" in explain(WithheldReason.CONSENT_MISSING, ["client.invented"])
