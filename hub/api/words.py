"""What pydantic's validation errors are called here: a code for programs, Korean words for people. Pure tables.

Nothing of the input is ever part of a text; what an error's context says comes from our own schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from pydantic_core import ErrorDetails


class Wording(NamedTuple):
    """A code and a Korean text, with places for what the schema (never the input) says."""

    code: str
    text: str


_WORDINGS: dict[str, Wording] = {
    "missing": Wording("missing", "필수 항목이 없습니다."),
    "extra_forbidden": Wording("unknown_field", "알 수 없는 항목이 있습니다."),
    "none_required": Wording("wrong_type", "null이어야 합니다."),
    "model_type": Wording("wrong_type", "객체(object)여야 합니다."),
    "model_attributes_type": Wording("wrong_type", "객체(object)여야 합니다."),
    "dict_type": Wording("wrong_type", "객체(object)여야 합니다."),
    "tuple_type": Wording("wrong_type", "배열(array)이어야 합니다."),
    "list_type": Wording("wrong_type", "배열(array)이어야 합니다."),
    "string_type": Wording("wrong_type", "문자열(string)이어야 합니다."),
    "bool_type": Wording("wrong_type", "true 또는 false여야 합니다."),
    "bool_parsing": Wording("wrong_type", "true 또는 false여야 합니다."),
    "int_type": Wording("wrong_type", "정수(따옴표 없이)여야 합니다."),
    "int_parsing": Wording("wrong_type", "정수(따옴표 없이)여야 합니다."),
    "int_parsing_size": Wording("out_of_range", "정수가 너무 큽니다."),
    "int_from_float": Wording("wrong_type", "소수점이 없는 정수여야 합니다."),
    "float_type": Wording("wrong_type", "숫자(따옴표 없이)여야 합니다."),
    "float_parsing": Wording("wrong_type", "숫자(따옴표 없이)여야 합니다."),
    "finite_number": Wording("out_of_range", "유한한 숫자여야 합니다."),
    "date_type": Wording("bad_date", "실제로 있는 날짜를 YYYY-MM-DD로 적습니다."),
    "date_parsing": Wording("bad_date", "실제로 있는 날짜를 YYYY-MM-DD로 적습니다."),
    "date_from_datetime_parsing": Wording("bad_date", "실제로 있는 날짜를 YYYY-MM-DD로 적습니다."),
    "date_from_datetime_inexact": Wording("bad_date", "시각 없이 날짜만 YYYY-MM-DD로 적습니다."),
    "datetime_type": Wording("bad_date", "실제로 있는 일시를 2024-05-01T09:30:00+09:00처럼 적습니다."),
    "datetime_parsing": Wording("bad_date", "실제로 있는 일시를 2024-05-01T09:30:00+09:00처럼 적습니다."),
    "datetime_from_date_parsing": Wording("bad_date", "실제로 있는 일시를 2024-05-01T09:30:00+09:00처럼 적습니다."),
    "datetime_object_invalid": Wording("bad_date", "실제로 있는 일시를 2024-05-01T09:30:00+09:00처럼 적습니다."),
    "timezone_aware": Wording("bad_date", "시간대를 +09:00처럼 함께 적습니다."),
    "enum": Wording("not_allowed_value", "허용된 값이 아닙니다. 쓸 수 있는 값: {expected}"),
    "literal_error": Wording("not_allowed_value", "허용된 값이 아닙니다. 쓸 수 있는 값: {expected}"),
    "string_pattern_mismatch": Wording("bad_format", "형식이 맞지 않습니다. {form}"),
    "string_too_short": Wording("too_short", "{min_length}자 이상이어야 합니다."),
    "string_too_long": Wording("too_long", "{max_length}자 이하여야 합니다."),
    "too_short": Wording("too_short", "{min_length}개 이상이어야 합니다."),
    "too_long": Wording("too_long", "{max_length}개 이하여야 합니다."),
    "greater_than": Wording("out_of_range", "{gt}보다 커야 합니다."),
    "greater_than_equal": Wording("out_of_range", "{ge} 이상이어야 합니다."),
    "less_than": Wording("out_of_range", "{lt}보다 작아야 합니다."),
    "less_than_equal": Wording("out_of_range", "{le} 이하여야 합니다."),
    "value_error": Wording("invalid_value", "값이 규칙에 맞지 않습니다."),
    "unknown_parameter": Wording(
        "unknown_parameter", "알 수 없는 매개변수가 있습니다. 쓸 수 있는 매개변수: {expected}"
    ),
}
FORMS: Mapping[str, str] = {
    r"^[a-z]{2,4}_[0-9a-z]{1,27}$": "나루의 식별자(예: cli_…, ref_…)",
    r"^[a-z]+(:[A-Za-z0-9_]{1,50})?$": "행위자의 이름(예: hub, key:…, agency:ccrs)",
    r"^[a-z_]{1,40}$": "영문 소문자와 밑줄로 된 코드(예: disclosed)",
    r"^[0-9]{5}$": "숫자 5자리로 적습니다.",
    r"^[0-9]{10}$": "숫자 10자리로 적습니다.",
    r"^[0-9]{12}$": "숫자 12자리로 적습니다.",
    r"^[0-9]{13}$": "숫자 13자리로 적습니다.",
    r"^[0-9]{25}$": "숫자 25자리로 적습니다.",
    r"^[0-9]{6}-?[0-9]{7}$": "숫자 13자리로 적습니다(6자리 뒤에 -를 넣어도 됩니다).",
    r"^[0-9]{3}-?[0-9]{2}-?[0-9]{5}$": "숫자 10자리로 적습니다(000-00-00000처럼 -를 넣어도 됩니다).",
    r"^[0-9a-f]{64}$": "SHA-256 값을 0-9와 소문자 a-f 64자리로 적습니다.",
    r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$": (
        "영문자나 숫자로 시작해 영문자, 숫자와 . _ : / - 만으로 200자 이하로 적습니다."
    ),
    r"^[a-z][a-z0-9_]{1,39}$": "기관 slug(영문 소문자로 시작, 영문 소문자·숫자·_ 2~40자)를 적습니다.",
    r"^[a-z][a-z0-9_]{1,39}(:[0-9]{7})?$": (
        "기관 slug(예: haengbok) 또는 slug:기관코드 7자리(예: community_center:3820000)를 적습니다."
    ),
    r"^[A-Za-z0-9_.-]{1,60000}$": "미리보기에서 받은 confirm 값을 그대로 적습니다.",
    r"^[a-z][a-z_]{0,59}$": "의뢰의 reason에 나온 코드를 적습니다(영문 소문자와 _).",
    r"^[\x21-\x7e]{1,255}$": "공백 없이 영문자, 숫자, 기호만으로 255자 이하로 적습니다.",
}
"""What the patterns of our schemas ask for, in words: nobody at a desk reads a regular expression."""
_OTHER = Wording("invalid_value", "값이 올바르지 않습니다.")
_KOREAN = re.compile(r"[0-9]*[가-힣]")


def receipt_in_words(form: str) -> str:
    """Say the form of an agency's receipts, which its profile declares as a regular expression, in words."""
    said = re.sub(r"\[0-9A-Z\]\{1,([0-9]+)\}", r"(영문 대문자와 숫자 \1자 이하)", form)
    said = re.sub(r"\[0-9\]\{([0-9]+)\}", r"(숫자 \1자리)", said)
    return said.replace("|", " 또는 ")


def wording_of(error: ErrorDetails) -> Wording:
    """Return the code and the Korean text of one validation error."""
    wording = _WORDINGS.get(error["type"], _OTHER)
    context = dict(error.get("ctx", {}))
    if "pattern" in context:
        context["form"] = FORMS.get(context["pattern"], "")
    if "expected" in context:
        context["expected"] = str(context["expected"]).replace(" or ", " 또는 ")
    if error["type"] == "value_error" and _KOREAN.match(said := str(context.get("error", ""))):
        return Wording(wording.code, said)  # our own validators' texts begin in Korean and hold no value
    try:
        return Wording(wording.code, wording.text.format_map(context).strip())
    except KeyError:
        return Wording(wording.code, _OTHER.text)
