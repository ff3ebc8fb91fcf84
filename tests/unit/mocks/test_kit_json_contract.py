"""A mock's reading of a JSON contract, tried on one that ships."""

from __future__ import annotations

from typing import Any

import pytest

from mocks.kit.json_contract import ContractError, JsonContract, flat, parse, query_of, to_bytes

CONTRACT = JsonContract("klac")
ERROR = {"errCd": "E202", "errMsg": "소득 기준 초과"}


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (ERROR, None),
        ({"errCd": "E202"}, "message: required errMsg"),
        (ERROR | {"errCd": "E777"}, "errCd: enum"),
        (ERROR | {"홍길동": "1"}, "message: additionalProperties"),
        (ERROR | {"errMsg": "\u1112\u1169\u11bc"}, "errMsg: not plain NFC text"),
        (ERROR | {"errMsg": "a\x00b"}, "errMsg: not plain NFC text"),
        (ERROR | {"errCd": "E301", "altrCnslDt": ["20400109100000", "2040"]}, "altrCnslDt.1: pattern"),
        (ERROR | {"errCd": "E301", "altrCnslDt": ["20400230100000"]}, "altrCnslDt: no such time"),
    ],
)
def test_what_is_wrong_is_told_without_a_value(message: Any, problem: str | None) -> None:
    """A place of the contract's and a rule; what a schema cannot say is judged too."""
    assert CONTRACT.check("Error", message) == problem


def test_a_mock_never_says_what_its_contract_forbids() -> None:
    """That would be a bug of the mock, and is loud."""
    CONTRACT.assure("Error", ERROR)
    with pytest.raises(ContractError, match="Error: message: required errMsg"):
        CONTRACT.assure("Error", {"errCd": "E202"})


def test_fields_are_those_of_the_schema() -> None:
    """What the journal may name."""
    assert CONTRACT.fields_of("WithdrawRequest") == {"whdrwRsnCd"}


@pytest.mark.parametrize(
    "body", [b"\xb0\xa1", b"{", b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[" * 200_000], ids=lambda body: str(body[:9])
)
def test_what_is_no_strict_json_is_refused(body: bytes) -> None:
    """Another encoding, half an object, a key twice, no number, or too deep."""
    with pytest.raises(ValueError, match=r"codec|Expecting|twice|number|deeply"):
        parse(body)


def test_messages_are_written_compactly_in_utf8() -> None:
    """As they stand in the golden files."""
    assert to_bytes({"a": ["똠방각하", 1]}) == '{"a":["똠방각하",1]}'.encode()


@pytest.mark.parametrize(
    ("text", "query"),
    [("", {}), ("a=1&b=%ED%99%8D", {"a": "1", "b": "홍"}), ("a=", {"a": ""}), ("a=1&a=2", None), ("a", None)],
)
def test_queries_are_read_strictly(text: str, query: dict[str, str] | None) -> None:
    """A parameter twice, or one without a value, is none."""
    assert query_of(text) == query


def test_lists_are_named_by_position() -> None:
    """As the ledger wants them."""
    message = {"nm": "홍", "telnoList": ["1", "2"], "debtList": [{"debtAmt": 1}, {"crdtrNm": "가", "debtAmt": 2}]}
    assert dict(flat(message)) == {
        "nm": "홍", "telnoList[0]": "1", "telnoList[1]": "2", "debtList[0].debtAmt": 1, "debtList[1].crdtrNm": "가",
        "debtList[1].debtAmt": 2,
    }  # fmt: skip
