"""The contract of klac as the mock reads it, and the errors that it answers with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mocks.kit.json_contract import JsonContract

CONTRACT = JsonContract("klac")
CODES: Mapping[str, Any] = CONTRACT.codes


class RefusalError(Exception):
    """An answer that says no: one of the contract's `errCd`, with what the contract asks to be said beside it."""

    def __init__(self, code: str, problem: str = "", **details: Any) -> None:
        told: str = CODES["errCd"][code]["ko"]
        super().__init__(f"{told}: {problem}" if problem else told)
        self.code = code
        self.details = details

    @property
    def status(self) -> int:
        """The HTTP status that goes with it."""
        status: int = CODES["errCd"][self.code]["http"]
        return status

    def as_json(self) -> dict[str, Any]:
        """Return the `Error` of the contract."""
        return {"errCd": self.code, "errMsg": str(self), **self.details}
