from __future__ import annotations

import pytest

from adapters.community_center.contract import read_json


@pytest.mark.parametrize(
    "body",
    [rb'{"a": "\ud800"}', b"[" * 33 + b"]" * 33, b'{"a":' * 40 + b"1" + b"}" * 40, b'{"a": 1, "a": 2}', b'{"a": NaN}'],
    ids=["lone_surrogate", "deep_lists", "deep_objects", "key_twice", "nan"],
)
def test_what_no_message_of_the_contract_is_like_is_refused(body: bytes) -> None:
    """An authentic but odd notice is refused as unreadable, before anything looks inside."""
    with pytest.raises(ValueError, match=r"surrogates|deeply|twice|JSON"):
        read_json(body)


def test_korean_text_is_read() -> None:
    """The check for what cannot be written leaves 똠방각하 alone."""
    assert read_json('{"a": ["똠방각하", {"b": 1}]}'.encode()) == {"a": ["똠방각하", {"b": 1}]}
