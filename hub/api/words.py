"""What pydantic's validation errors are called here: a code for programs, Korean words for people. Pure tables.

Nothing of the input is ever part of a text; what an error's context says comes from our own schema.
"""

from __future__ import annotations

import re
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
    "string_pattern_mismatch": Wording("bad_format", "형식이 맞지 않습니다. 형식: {pattern}"),
    "string_too_short": Wording("too_short", "{min_length}자 이상이어야 합니다."),
    "string_too_long": Wording("too_long", "{max_length}자 이하여야 합니다."),
    "too_short": Wording("too_short", "{min_length}개 이상이어야 합니다."),
    "too_long": Wording("too_long", "{max_length}개 이하여야 합니다."),
    "greater_than": Wording("out_of_range", "{gt}보다 커야 합니다."),
    "greater_than_equal": Wording("out_of_range", "{ge} 이상이어야 합니다."),
    "less_than": Wording("out_of_range", "{lt}보다 작아야 합니다."),
    "less_than_equal": Wording("out_of_range", "{le} 이하여야 합니다."),
    "value_error": Wording("invalid_value", "값이 규칙에 맞지 않습니다."),
}
_OTHER = Wording("invalid_value", "값이 올바르지 않습니다.")
_KOREAN = re.compile(r"[0-9]*[가-힣]")


def wording_of(error: ErrorDetails) -> Wording:
    """Return the code and the Korean text of one validation error."""
    wording = _WORDINGS.get(error["type"], _OTHER)
    context = error.get("ctx", {})
    if error["type"] == "value_error" and _KOREAN.match(said := str(context.get("error", ""))):
        return Wording(wording.code, said)  # our own validators' texts begin in Korean and hold no value
    try:
        return Wording(wording.code, wording.text.format_map(context))
    except KeyError:
        return Wording(wording.code, _OTHER.text)
