"""What a disclosure rests on, as its entry names it."""

from __future__ import annotations

import hashlib

from hub.audit.bases import fields_by_basis
from hub.audit.entries import _is_codes

ARTICLE = "서민의 금융생활 지원에 관한 법률 시행령 58조"


def test_consents_are_named_by_id_and_articles_by_a_code() -> None:
    """Each with the fields that rest on it; the code can be made again from the article's words."""
    bases = {"client.rrn": (ARTICLE,), "client.name": ("con_01", ARTICLE), "client.phones": ("con_01", "con_02")}
    code = f"article:{hashlib.sha256(ARTICLE.encode()).hexdigest()[:16]}"
    found = fields_by_basis(bases)
    assert found == {
        code: ["client.name", "client.rrn"],
        "con_01": ["client.name", "client.phones"],
        "con_02": ["client.phones"],
    }
    assert _is_codes(found)
