"""Rules about consents as they are kept, and about what is shipped: each test says its rule (docs/consent.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from consent_papers import ARTICLE, NAME, RECIPIENT, SENDER_ARTICLE, ask, consent, sent, statute

import hub
from adapters.sdk.registry import installed_adapters
from hub.configuration import read_settings
from schemas.consent import CONSENT_TYPE_OF_CLASS, ConsentType
from schemas.disclosure import FIELD_PATHS
from schemas.privacy import PrivacyClass

ROOT = Path(__file__).parents[3]


def test_a_stored_consent_is_never_changed() -> None:
    """5.3 (17②): of a row of consents nothing is ever written again but the moment of its withdrawal."""
    written = {
        keyword.arg
        for path in Path(hub.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and _updates_consents(node)
        for keyword in node.keywords
    }
    assert written == {"withdrawn_at"}


def _updates_consents(node: ast.Call) -> bool:
    """Tell whether a call gives the values of an update of the table of consents."""
    text = ast.unparse(node.func)
    return text.endswith(".values") and ("update(consents)" in text or "consents.update()" in text)


def test_no_law_is_open_as_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """5.5 (24조의2): the root configuration opens no statute, so that no resident registration number goes anywhere."""
    monkeypatch.chdir(ROOT)
    assert read_settings(ROOT / "config.toml", {}, installed_adapters()).statutes == ()


def test_what_one_agency_is_refused_another_may_still_be_told() -> None:
    """5.6 (22⑤): refusing a consent to one recipient takes nothing away from a referral to another."""
    given = consent({NAME}, recipient="klac")
    refused = ask({NAME}, given, recipient=RECIPIENT, requires={NAME})
    told = ask({NAME}, given, recipient="klac", requires={NAME})
    assert (sent(refused), sent(told)) == (frozenset(), frozenset({NAME}))


@pytest.mark.parametrize("path", FIELD_PATHS)
def test_every_field_has_a_class_and_a_consent_that_opens_it(path: str) -> None:
    """5.13: its class names the one type of consent that opens a field; a plain one rides on a third-party's."""
    privacy = FIELD_PATHS[path]
    right = ConsentType.THIRD_PARTY if privacy is PrivacyClass.PLAIN else CONSENT_TYPE_OF_CLASS[privacy]
    law = [statute({path}, article=ARTICLE, sender_article=SENDER_ARTICLE)]
    opened = {kind for kind in ConsentType if path in sent(ask({path}, consent({path}, kind), statutes=law))}
    assert opened == {right}
