"""What every JSON contract is read and written with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.sdk import BadReplyError, CannotExpressError, HttpReply, MisconfiguredError
from adapters.sdk.json_contract import JsonContract, read_json, write_json

SCHEMAS = {
    "Order": {
        "type": "object",
        "additionalProperties": False,
        "required": ["key", "name"],
        "properties": {
            "key": {"type": "string", "pattern": "^[0-9]{4}$"},
            "name": {"type": "string", "maxLength": 3},
            "phones": {"type": "array", "items": {"type": "string", "pattern": "^[0-9]+$"}},
        },
    }
}
JSON = {"content-type": "application/json; charset=utf-8"}


@pytest.fixture
def contract(tmp_path: Path) -> JsonContract:
    (tmp_path / "openapi.json").write_text(json.dumps({"components": {"schemas": SCHEMAS}}), "utf-8")
    (tmp_path / "codes.json").write_text('{"errCd": {"E1": {"ko": "없음"}}}', "utf-8")
    return JsonContract("quay", tmp_path)


def test_codes_are_read(contract: JsonContract) -> None:
    """The tables stand as the file has them."""
    assert contract.codes["errCd"]["E1"]["ko"] == "없음"


@pytest.mark.parametrize(
    ("message", "broken"),
    [
        ({"key": "1234", "name": "김나루"}, None),
        ({"key": "1234"}, ("name",)),
        ({"key": "12", "name": "김나루"}, ("key",)),
        ({"key": "1234", "name": "김나루", "phones": ["1", "x"]}, ("phones", "1")),
        ({"key": "1234", "name": "김나루", "홍길동": 1}, ()),
    ],
)
def test_a_violation_is_named_by_the_contracts_own_names(
    contract: JsonContract, message: Any, broken: tuple[str, ...] | None
) -> None:
    """Where it breaks, and never what the sender made up."""
    assert contract.violation("Order", message) == broken


def test_what_the_document_holds_is_named_by_its_path(contract: JsonContract) -> None:
    """A value that came from a field is a person's to change; anything else is ours to mend. No value is shown."""
    fields = {"name": "client.name", "phones": "client.phones"}
    for message, path in (
        ({"key": "1234", "name": "홍길동이"}, "client.name"),
        ({"key": "1234", "name": "홍길동", "phones": ["02-홍"]}, "client.phones"),
    ):
        with pytest.raises(CannotExpressError) as caught:
            contract.check_sent("Order", message, fields)
        assert (caught.value.path, "홍" in str(caught.value)) == (path, False)
    with pytest.raises(MisconfiguredError, match="quay: our message breaks the contract at key"):
        contract.check_sent("Order", {"key": "12", "name": "홍길동"}, fields)
    contract.check_sent("Order", {"key": "1234", "name": "홍길동"}, fields)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"key":"1234","name":"\xed\x99\x8d"}', {"content-type": "text/html"}),
        (b'{"key":"1234","name":"\xed\x99\x8d"}', {"content-type": "application/json; charset=euc-kr"}),
        (b'{"key":"1234","name":"\xed\x99\x8d"}', {}),
        ('{"key":"1234","name":"김나루"}'.encode("cp949"), JSON),
        (b'{"key":"1234"', JSON),
        (b'{"key":"1234"}', JSON),
        (b"", JSON),
    ],
)
def test_an_answer_outside_the_contract_is_a_bad_reply(
    contract: JsonContract, body: bytes, headers: dict[str, str]
) -> None:
    """Another label, another encoding, half an object, a field too few: it proves nothing."""
    with pytest.raises(BadReplyError):
        contract.read(HttpReply(200, headers, body), "Order")


def test_an_answer_of_the_contract_is_read(contract: JsonContract) -> None:
    """Written and read back, Korean text intact."""
    message = {"key": "1234", "name": "똠방각"}
    assert contract.read(HttpReply(200, JSON, write_json(message)), "Order") == message


@pytest.mark.parametrize(
    "body",
    [rb'{"a": "\ud800"}', b"[" * 33 + b"]" * 33, b"[" * 200_000, b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": "\xb0"}'],
    ids=["lone surrogate", "deep", "very deep", "key twice", "nan", "not utf-8"],
)
def test_what_no_message_is_like_is_refused(body: bytes) -> None:
    """Refused as unreadable before anything looks inside."""
    with pytest.raises(ValueError, match=r"surrogates|deeply|twice|JSON|codec"):
        read_json(body)
