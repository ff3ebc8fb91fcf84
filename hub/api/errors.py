"""Which problem every exception of another room becomes. What is not listed is a defect, and the edge's to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hub.api.problems import (
    IDEMPOTENCY_CONFLICT,
    IDEMPOTENCY_KEY_MISSING,
    ILLEGAL_STEP,
    IN_FLIGHT,
    INVALID_DOCUMENT,
    INVALID_PARAMETER,
    METHOD_NOT_ALLOWED,
    TOO_SLOW,
    UNAVAILABLE,
    UNKNOWN_ID,
    UNKNOWN_PATH,
    Fault,
    ProblemError,
    answer_with,
)
from hub.api.words import wording_of
from hub.delivery.steps import IllegalStepError, UnknownIdError
from hub.intake.filing import GuardianMissingError, UnknownCaseError
from hub.intake.promises import IdempotencyConflictError, InFlightError

_SOON = {"Retry-After": "1"}
_GUARDIAN_MISSING = Fault(
    pointer="/consents", code="invalid_value", detail="만 14세 미만의 동의는 법정대리인이 합니다 (guardian)."
)


_SIMPLE: Mapping[type[Exception], Callable[[], ProblemError]] = {
    UnknownIdError: lambda: ProblemError(UNKNOWN_ID),
    UnknownCaseError: lambda: ProblemError(UNKNOWN_ID),
    IdempotencyConflictError: lambda: ProblemError(IDEMPOTENCY_CONFLICT),
    InFlightError: lambda: ProblemError(IN_FLIGHT, headers=_SOON),
    GuardianMissingError: lambda: ProblemError(INVALID_DOCUMENT, errors=[_GUARDIAN_MISSING]),
    OperationalError: lambda: ProblemError(UNAVAILABLE, headers=_SOON),  # full disk, locked for long: nothing promised
    ClientDisconnect: lambda: ProblemError(TOO_SLOW),  # nobody hears it
}
ANSWERED: tuple[type[Exception], ...] = (
    *_SIMPLE, ProblemError, HTTPException, RequestValidationError, IllegalStepError,
)  # fmt: skip
"""The exceptions that a caller hears about."""


async def answer_error(_request: Request, error: Exception) -> Response:
    """Answer one of `ANSWERED`."""
    found = to_problem(error)
    return answer_with(found.problem, found.headers)


def to_problem(error: Exception) -> ProblemError:
    """Return the problem that an exception becomes; raise it again if it becomes none."""
    match error:
        case ProblemError():
            return error
        case IllegalStepError():
            return ProblemError(ILLEGAL_STEP, current=error.current, legal=error.legal)
        case RequestValidationError():
            return _parameter_problem(error)
        case HTTPException(status_code=404):
            return ProblemError(UNKNOWN_PATH)
        case HTTPException(status_code=405):
            return ProblemError(METHOD_NOT_ALLOWED, headers=error.headers)
        case _ if type(error) in _SIMPLE:
            return _SIMPLE[type(error)]()
        case _:
            raise error


def _parameter_problem(error: RequestValidationError) -> ProblemError:
    faults = list(_parameter_faults(error.errors()))
    if any((fault.header, fault.code) == ("Idempotency-Key", "missing") for fault in faults):
        return ProblemError(IDEMPOTENCY_KEY_MISSING, errors=faults)
    return ProblemError(INVALID_PARAMETER, errors=faults)


def _parameter_faults(errors: Sequence[ErrorDetails]) -> Iterator[Fault]:
    for each in errors:
        where, name = each["loc"][0], str(each["loc"][-1])
        wording = wording_of(each)
        if where == "header":
            yield Fault(header=name, code=wording.code, detail=wording.text)
        elif each["type"] == "extra_forbidden":  # its name may be anything: not repeated
            yield Fault(parameter="", code="unknown_parameter", detail="알 수 없는 매개변수가 있습니다.")
        else:
            yield Fault(parameter=name, code=wording.code, detail=wording.text)
