"""What is planted, and that it is found in every form: quick, without a process."""

from __future__ import annotations

import base64
import gzip
import json
import unicodedata
import zlib
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

import planting
import pytest
from planting import STEERED, UNTOLD, document, profiles, values_of
from pydantic import StringConstraints
from pydantic.fields import FieldInfo
from seeking import Seeker

from schemas.case import CaseDocument
from schemas.client import Client
from schemas.disclosure import FIELD_PATHS
from schemas.privacy import PrivacyClass

FORMS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "cp949": lambda text: text.encode("cp949"),
    "NFD": lambda text: unicodedata.normalize("NFD", text).encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "percent": lambda text: quote(text).encode(),
    "percent of cp949": lambda text: quote(text, encoding="cp949").encode(),
    "JSON": lambda text: json.dumps(text).encode(),
    "JSON, capitals": lambda text: json.dumps(text).upper().replace("\\U", "\\u").encode(),
    "XML": lambda text: text.encode("ascii", "xmlcharrefreplace"),
    "repr of bytes": lambda text: repr(text.encode()).encode(),
    "hexadecimal": lambda text: text.encode("cp949").hex().encode(),
    **{f"base64 at {n}": lambda text, n=n: base64.b64encode(b"x" * n + text.encode() + b"yz") for n in range(3)},
    "base64 of cp949": lambda text: base64.b64encode(text.encode("cp949") + b"y"),
    "gzip in a file": lambda text: b"head" + gzip.compress(text.encode()) + b"tail",
    "zlib in base64-free bytes": lambda text: zlib.compress(json.dumps(text).encode()),
    "gzip twice": lambda text: gzip.compress(gzip.compress(text.encode("utf-16"))),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_planted_text_is_found_in_every_form(form: str) -> None:
    """Whatever encoding or packing a Korean text stands in, and whatever stands around it."""
    data = b"\x00\xffabc" + FORMS[form](f"가{values_of(0)['client.health_condition']}나") + b"\xee"
    assert [one.place for one in Seeker(1).look("here", data)] != []


@pytest.mark.parametrize("text", [
    "3103071000000", "310307-1000000", "1931-03-07", "010-0000-7101", "01000007101", "7777700000777", "09997",
    "4115077771", "411507777701", "18567891", "676123", "1997-05-11", "19970511", "123-45-67891", "narumark/held-1",
])  # fmt: skip
def test_a_planted_number_is_found(text: str) -> None:
    """With and without hyphens, as a word among others."""
    assert [one.what for one in Seeker(1).look("here", f'{{"x":"{text}"}}'.encode())] != []


def test_what_was_not_planted_is_not_found() -> None:
    """Text and numbers of everyday use, and numbers that hold a short one by chance."""
    data = json.dumps({"at": "2026-12-01T09:30:00", "n": 118567891, "zip": "109997", "who": "김나루"}).encode()
    assert list(Seeker(40).look("here", data)) == []


def test_every_personal_field_is_planted() -> None:
    """Each field path that is not plain has a value of its own, or is one of those that nothing can tell apart."""
    personal = {path for path, privacy in FIELD_PATHS.items() if privacy is not PrivacyClass.PLAIN}
    planted = values_of(0)
    assert (planted.keys() == personal, STEERED.keys() & UNTOLD.keys()) == (True, set())
    told = [json.dumps(planted[path]) for path in personal - UNTOLD.keys()]
    assert len(set(told)) == len(told)


def test_documents_are_whole() -> None:
    """Both kinds of documents are good ones, and fill every field but the other kind's number."""
    for with_rrn in (True, False):
        whole = CaseDocument.model_validate_json(json.dumps(document(1, profiles(), with_rrn)))
        assert (whole.client.rrn is None, whole.client.admin_number is None) == (not with_rrn, with_rrn)
        assert all(getattr(whole.client, name) for name in ("guardian", "health_condition", "related_persons"))


def test_a_new_field_is_planted_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new line of text is planted by itself; a field of another form is asked for."""
    leaves = list(planting._leaves())
    paths = dict(FIELD_PATHS)
    plain_text: Any = FieldInfo.from_annotation(Client.model_fields["health_condition"].annotation)
    pattern: Any = FieldInfo.from_annotation(Annotated[str, StringConstraints(pattern="^[A-Z]{9}$")])  # type: ignore[arg-type]
    paths["client.nickname"] = PrivacyClass.PERSONAL
    monkeypatch.setattr(planting, "FIELD_PATHS", paths)
    monkeypatch.setattr(planting, "_leaves", lambda: [*leaves, ("client.nickname", plain_text)])
    assert str(values_of(0)["client.nickname"]).startswith(planting.ROOT)
    monkeypatch.setattr(planting, "_leaves", lambda: [*leaves, ("client.nickname", pattern)])
    with pytest.raises(AssertionError, match=r"client\.nickname"):
        values_of(0)
