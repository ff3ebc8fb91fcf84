from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

import pytest

from schemas.consent import ConsentBasis, ConsentMethod, ConsentType
from schemas.disclosure import FIELD_PATHS
from schemas.privacy import PrivacyClass
from schemas.titles import (
    CONSENT_BASIS_TITLES,
    CONSENT_METHOD_TITLES,
    CONSENT_TYPE_TITLES,
    FIELD_TITLES,
    PRIVACY_CLASS_TITLES,
    title_of,
)

HANGUL = re.compile(r"[가-힣]")


def test_every_field_has_a_title() -> None:
    """A field that is added to the common schema needs a Korean title."""
    assert list(FIELD_PATHS) == list(FIELD_TITLES)


def test_titles_are_korean_and_tell_fields_apart() -> None:
    """Each title is Hangul in NFC and belongs to one field only."""
    titles = list(FIELD_TITLES.values())
    assert len(set(titles)) == len(titles)
    assert all(HANGUL.search(title) and unicodedata.is_normalized("NFC", title) for title in titles)


@pytest.mark.parametrize(
    ("values", "titles"),
    [
        (ConsentType, CONSENT_TYPE_TITLES),
        (ConsentBasis, CONSENT_BASIS_TITLES),
        (ConsentMethod, CONSENT_METHOD_TITLES),
        (PrivacyClass, PRIVACY_CLASS_TITLES),
    ],
)
def test_every_value_has_a_title(values: type[StrEnum], titles: Mapping[StrEnum, str]) -> None:
    """What a receipt names is named in Korean, whatever value it has."""
    assert list(values) == list(titles)
    assert all(HANGUL.search(title) for title in titles.values())


def test_an_unknown_path_is_called_by_itself() -> None:
    """Words never fail: a path without a title stands for itself."""
    assert (title_of("client.invented"), title_of("client.name")) == ("client.invented", "성명")
