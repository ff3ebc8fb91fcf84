"""The contract of gjf as the mock reads it, and the results that are no success."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mocks.kit.json_contract import JsonContract

CONTRACT = JsonContract("gjf")
CODES: Mapping[str, Any] = CONTRACT.codes


class ResultError(Exception):
    """An answer whose `resultCode` is not 00."""

    def __init__(self, code: str, problem: str = "", status: int | None = None) -> None:
        told: str = CODES["resultCode"][code]["ko"]
        super().__init__(f"{told}: {problem}" if problem else told)
        self.code = code
        self.status: int = status or CODES["resultCode"][code]["http"][0]

    def as_json(self) -> dict[str, Any]:
        """Return the whole answer: the header says it, the body is empty."""
        return enveloped({}, self.code, str(self))


def enveloped(body: Mapping[str, Any], code: str = "00", text: str = "") -> dict[str, Any]:
    """Return an answer of the contract."""
    header = {"resultCode": code, "resultMsg": text or CODES["resultCode"][code]["ko"]}
    return {"header": header, "body": dict(body)}
