from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import examples
from hub.api.app import describe
from hub.api.json_text import read_model
from hub.api.problems import Problem, ProblemError
from hub.api.words import FORMS
from schemas.case import CaseDocument

MARKER = "홍비밀-800102-1000000"


def _case(**at: Any) -> dict[str, Any]:
    """Return the example case with some leaves changed: `client__name="…"`."""
    document = copy.deepcopy(examples.CASE)
    for path, value in at.items():
        *way, last = (int(step) if step.isdecimal() else step for step in path.split("__"))
        place: Any = document
        for step in way:
            place = place[step]
        place[last] = value
    return document


def _refused(body: bytes | str | dict[str, Any]) -> Problem:
    if isinstance(body, dict):
        body = json.dumps(body)
    with pytest.raises(ProblemError) as caught:
        read_model(body.encode() if isinstance(body, str) else body, CaseDocument)
    assert MARKER not in caught.value.problem.model_dump_json()
    return caught.value.problem


def _places(problem: Problem) -> list[tuple[str | None, str]]:
    return [(fault.pointer, fault.code) for fault in problem.errors or ()]


def test_example_case_is_read() -> None:
    """The example that the description shows is a valid document."""
    document, _ = read_model(json.dumps(examples.CASE).encode(), CaseDocument)

    assert document.client.name == "홍길동"


def test_layout_changes_no_canonical_text() -> None:
    """Two bodies that differ in order and spacing only have one canonical text; another value has another."""
    one = json.dumps(examples.CASE, indent=3, ensure_ascii=False).encode()
    other = json.dumps(dict(reversed(examples.CASE.items()))).encode()
    third = json.dumps(_case(reference="visit-2")).encode()
    texts = [read_model(body, CaseDocument)[1] for body in (one, other, third)]

    assert [texts[0] == texts[1], texts[0] == texts[2]] == [True, False]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b'{"client": nope}', "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        ('{"client": "홍길동"}'.encode("cp949"), "not_utf8"),
        ('{"client": "홍"}'.encode("utf-16"), "not_utf8"),
        (b'{"reference": NaN}', "not_json"),
        (b'{"reference": -Infinity}', "not_json"),
        (b'{"reference": "\\ud800"}', "not_json"),
        (b"[" * 100_000, "too_deep"),
        (b'{"reference":' * 500 + b"1" + b"}" * 500, "not_json"),
        (b'{"reference": ' + b"9" * 5000 + b"}", "not_json"),
        (b'{"reference": "a", "reference": "a"}', "duplicate_name"),
    ],
)
def test_text_that_readers_may_understand_differently_is_malformed(body: bytes, code: str) -> None:
    """Broken JSON, other encodings, NaN, lone surrogates, depth, length and names used twice are all malformed."""
    problem = _refused(body)

    assert (400, "urn:naru:problem:malformed-json", code) == (problem.status, problem.type, problem.errors[0].code)


def test_name_used_twice_is_placed() -> None:
    """A name that stands twice in an inner object is told by the pointer of that object."""
    text = json.dumps(examples.CASE, ensure_ascii=False).replace('"name":', f'"name": "{MARKER}", "name":', 1)

    assert _places(_refused(text)) == [("/client", "duplicate_name")]


def test_pointer_never_names_what_the_schema_does_not_know() -> None:
    """Below an unknown name the pointer ends at its known parent."""
    assert _places(_refused(f'{{"client": {{"{MARKER}": {{"a": 1, "a": 1}}}}}}')) == [("/client", "duplicate_name")]


def test_unknown_field_is_told_by_its_parent() -> None:
    """The name of an unknown field may be personal data: the parent is pointed at, and the known names are listed."""
    problem = _refused(_case(client__address={**examples.CASE["client"]["address"], MARKER: 1, "x": 2}))

    assert _places(problem) == [("/client/address", "unknown_field")]
    assert "adm_cd" in problem.errors[0].detail


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("client__name", 5, "wrong_type"),
        ("client__name", None, "wrong_type"),
        ("client__name", "", "too_short"),
        ("client__name", MARKER * 100, "too_long"),
        ("client__name", "홍\x00길동", "invalid_value"),
        ("client__birth_date", "2020-02-30", "bad_date"),
        ("client__birth_date", MARKER, "invalid_value"),
        ("client__birth_date", 20200101, "invalid_value"),
        ("client__sex", MARKER, "not_allowed_value"),
        ("client__rrn", MARKER, "bad_format"),
        ("client__phones", MARKER, "wrong_type"),
        ("client__phones__0", MARKER, "invalid_value"),
        ("client__address", MARKER, "wrong_type"),
        ("client__address__adm_cd", MARKER, "bad_format"),
        ("client__household", {"size": "1"}, None),
        ("consents__0__required", 1, "wrong_type"),
        ("consents__0__refusal_right_notified", 1, None),
        ("consents__0__refusal_right_notified", False, None),
        ("consents__0__purposes", [], "too_short"),
        ("consents__0__items__0", "client.nothing", "invalid_value"),
        ("consents__0__signed_at", "2025-11-03T10:00:00", "invalid_value"),
        ("consents__0__signed_at", "2025-02-30T10:00:00+09:00", "bad_date"),
        ("consents__0__recipient", MARKER, "bad_format"),
        ("referrals", [], "too_short"),
        ("referrals__0", MARKER, "wrong_type"),
        ("referrals__0__service_code", "WEL-NOTHING", "not_allowed_value"),
    ],
)
def test_each_wrong_value_is_placed_and_named(path: str, value: object, code: str | None) -> None:
    """A wrong value is told by its JSON pointer and a code of ours, in Korean, and is not repeated."""
    problem = _refused(_case(**{path: value}))
    pointer, told = _places(problem)[0]

    assert pointer is not None
    assert pointer.startswith("/" + path.replace("__", "/"))
    assert code is None or code == told
    assert problem.status == 422
    assert any("가" <= character <= "힣" for character in problem.errors[0].detail)


@pytest.mark.parametrize("name", ["recipient", "purposes", "items", "retention", "refusal_right_notified"])
def test_missing_consent_part_is_named(name: str) -> None:
    """A consent without one of the parts that the law asks for is refused, and the part is named."""
    document = _case()
    del document["consents"][0][name]

    assert [(f"/consents/0/{name}", "missing")] == _places(_refused(document))


RRN = "850315-1000000"


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"referrals": [examples.REFERRAL, examples.REFERRAL]}, "/referrals/1/service_code", "같은 서비스"),
        ({"client__birth_date": "2025-12-01"}, "/client/birth_date", "생년월일이 상담일"),
        ({"client__birth_date": "2020-01-02"}, "/client/guardian", "만 14세 미만은"),
        ({"client__rrn": RRN, "client__birth_date": "1985-03-16"}, "/client/birth_date", "생년월일이 주민등록번호"),
        ({"client__rrn": RRN, "client__sex": "female"}, "/client/sex", "성별이 주민등록번호"),
        ({"client__rrn": RRN, "client__admin_number": "1" * 13}, "/client/admin_number", "주민등록번호와 전산관리번호"),
        ({"client__guardian": {"name": "김나루"}}, "/client/guardian", "법정대리인의 성명과 관계"),
        ({"consents__0__expires_at": "2025-11-03T09:00:00+09:00"}, "/consents/0/expires_at", "만료 일시"),
        ({"consents__0__article": "사회보장급여법 제5조"}, "/consents/0/article", "법적 근거에는 조문"),
        ({"consents__0__items": ["client.name", "client.rrn"]}, "/consents/0/items/1", "동의 유형에 맞지 않는"),
        ({"referrals__0__referred_on": "2025-11-02"}, "/referrals/0/referred_on", "의뢰일이 상담일"),
        ({"referrals__0__due_on": "2025-11-02"}, "/referrals/0/due_on", "처리 기한"),
    ],
)
def test_rule_between_fields_points_at_one(changes: dict[str, Any], pointer: str, words: str) -> None:
    """A rule between fields points at the one to look at first, in the words of the rule."""
    problem = _refused(_case(**changes))

    assert _places(problem) == [(pointer, "invalid_value")]
    assert problem.errors[0].detail.startswith(words)


def test_childs_unsigned_consent_is_pointed_at() -> None:
    """Of a child's consents the one that no guardian signed is named."""
    guardian = {"name": "김나루", "relation": "모"}
    consents = [examples.CONSENT | {"guardian": guardian}, examples.CONSENT]
    problem = _refused(_case(client__birth_date="2020-01-02", client__guardian=guardian, consents=consents))

    assert _places(problem) == [("/consents/1/guardian", "invalid_value")]


@pytest.mark.parametrize(
    ("path", "value", "detail"),
    [
        ("client__address__zip_no", "1", "형식이 맞지 않습니다. 숫자 5자리로 적습니다."),
        ("client__sex", "man", "허용된 값이 아닙니다. 쓸 수 있는 값: 'male' 또는 'female'"),
        ("consents__0__items__0", "client.address", "묶음이 아니라 하위 항목(client.address.zip_no 등)을 적으십시오"),
        ("consents__0__items__0", "client.", "공통 스키마에 없는 항목입니다"),
        ("consents__0__refusal_right_notified", False, "동의 거부권을 고지했음(true)이어야 유효한 동의입니다"),
        ("consents__0__disadvantage_notified", 1, "동의 거부에 따른 불이익을 고지했음(true)이어야 유효한 동의입니다"),
    ],
)
def test_detail_is_for_staff(path: str, value: object, detail: str) -> None:
    """What to write is said in Korean: how many digits, which values, which notice, which fields of a group."""
    told = _refused(_case(**{path: value})).errors[0].detail

    assert told.partition(" (")[0] == detail


def test_list_of_wrong_elements_is_not_called_short_too() -> None:
    """An element that is wrong is told once; that the list then holds too few is no other fault."""
    assert _places(_refused(_case(referrals=[{**examples.REFERRAL, "urgency": "x"}]))) == [
        ("/referrals/0/urgency", "not_allowed_value")
    ]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (f'{{"reference": 1,\n "{MARKER}" 2}}', "2번째 줄, 23번째 글자"),
        (f'{{"{MARKER}": "\\ud800"}}', "1번째 줄, "),
        (b'{"reference": "\xb1\xe8"}', "16번째 바이트"),
    ],
)
def test_malformed_text_is_placed(body: str | bytes, where: str) -> None:
    """Broken JSON is told by line and column, a wrong byte by its place; what stands there is not repeated."""
    assert where in _refused(body).errors[0].detail


def _patterns(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        yield from ([tree["pattern"]] if isinstance(tree.get("pattern"), str) else [])
        tree = list(tree.values())
    if isinstance(tree, list):
        for inner in tree:
            yield from _patterns(inner)


def test_every_pattern_has_words() -> None:
    """No caller is shown a regular expression: each that the description holds is said in words, and no other is."""
    assert set(_patterns(describe())) == set(FORMS)


def test_long_list_of_faults_is_cut() -> None:
    """Thousands of faults are no longer answer than fifty."""
    problem = _refused(_case(referrals=[{f"{MARKER}{n}": n} for n in range(16)], consents=[{}] * 100))

    assert len(problem.errors or ()) == 50


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just(MARKER),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([MARKER, "client", "name"]), inner),
    max_leaves=8,
)
LEAVES = ["client__name", "client__rrn", "client__address__adm_cd", "consents__0__items", "referrals__0__opinion"]


@given(path=st.sampled_from([*LEAVES, "client", "consents", "referrals", "client__phones"]), value=JSON)
def test_no_answer_repeats_what_was_sent(path: str, value: object) -> None:
    """Whatever stands where, a refusal repeats nothing of it."""
    body = json.dumps(_case(**{path: value})).encode()
    answer = ""
    try:
        read_model(body, CaseDocument)
    except ProblemError as error:
        answer = error.problem.model_dump_json()

    assert MARKER not in answer
