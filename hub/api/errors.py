"""Which problem every exception of another room becomes. What is not listed is a defect, and the edge's to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hub.api.problems import (
    BULK_CHANGED,
    DESTROYED,
    IDEMPOTENCY_CONFLICT,
    IDEMPOTENCY_KEY_MISSING,
    ILLEGAL_STEP,
    IN_FLIGHT,
    INVALID_DOCUMENT,
    INVALID_PARAMETER,
    METHOD_NOT_ALLOWED,
    NO_SUPPLEMENT,
    OVERLOADED,
    TOO_MANY_WEBHOOKS,
    TOO_SLOW,
    UNAVAILABLE,
    UNKNOWN_ID,
    UNKNOWN_PATH,
    Fault,
    ProblemError,
    answer_with,
)
from hub.api.standing import what_can_be_done
from hub.api.words import receipt_in_words, wording_of
from hub.delivery.bulk import StaleTokenError
from hub.delivery.steps import IllegalStepError, ReceiptFormError, UnknownIdError
from hub.delivery.supplementing import NoSupplementError
from hub.intake.doorkeeper import OverloadedError
from hub.intake.filing import GuardianMissingError, UnknownCaseError
from hub.intake.promises import IdempotencyConflictError, InFlightError
from hub.intake.recipients import UnknownRecipientError
from hub.notices.desk import TooManyWebhooksError
from hub.store.cases import CasePurgedError
from hub.store.failures import failure_of

_log = structlog.get_logger("naru.api")
_SOON = {"Retry-After": "1"}
_GUARDIAN_MISSING = Fault(
    pointer="/consents", code="invalid_value", detail="만 14세 미만의 동의는 법정대리인이 합니다 (guardian)."
)


def _illegal_step(error: IllegalStepError) -> ProblemError:
    detail = what_can_be_done(error.current, error.legal, error.why)
    return ProblemError(ILLEGAL_STEP, detail=detail, current=error.current, legal=error.legal)


def _no_supplement(error: NoSupplementError) -> ProblemError:
    if not error.paths:
        return ProblemError(NO_SUPPLEMENT)
    detail = "이 기관의 보완 전문에는 담을 자리가 없습니다. 보완 내용(opinion)에 적고 서류는 기관에 직접 제출하십시오."
    places = dict.fromkeys(path.split(".")[1] for path in error.paths)
    faults = [Fault(pointer=f"/{place}", code="cannot_express", detail=detail) for place in places]
    return ProblemError(INVALID_DOCUMENT, errors=faults)


def _receipt_form(error: ReceiptFormError) -> ProblemError:
    detail = f"이 기관의 접수번호 형식이 아닙니다. 기관이 알려 준 그대로 적으십시오: {receipt_in_words(error.form)}"
    return ProblemError(INVALID_DOCUMENT, errors=[Fault(pointer="/receipt", code="bad_format", detail=detail)])


def _unknown_recipient(error: UnknownRecipientError) -> ProblemError:
    detail = (
        "나루가 보낼 수 있는 기관이나 기관코드가 아닙니다. 기관코드(slug:7자리)는 경기도 31개 시군의 것이어야 합니다. "
        f"쓸 수 있는 slug: {', '.join(error.known)}"
    )
    faults = [
        Fault(pointer=f"/consents/{position}/recipient", code="unknown_recipient", detail=detail)
        for position in error.positions
    ]
    return ProblemError(INVALID_DOCUMENT, errors=faults)


_OURS: Mapping[type[Exception], Callable[[Any], ProblemError]] = {
    UnknownIdError: lambda _: ProblemError(UNKNOWN_ID),
    CasePurgedError: lambda _: ProblemError(DESTROYED),
    UnknownCaseError: lambda _: ProblemError(UNKNOWN_ID),
    IdempotencyConflictError: lambda _: ProblemError(IDEMPOTENCY_CONFLICT),
    InFlightError: lambda _: ProblemError(IN_FLIGHT, headers=_SOON),
    IllegalStepError: _illegal_step,
    NoSupplementError: _no_supplement,
    ReceiptFormError: _receipt_form,
    StaleTokenError: lambda _: ProblemError(BULK_CHANGED),
    GuardianMissingError: lambda _: ProblemError(INVALID_DOCUMENT, errors=[_GUARDIAN_MISSING]),
    UnknownRecipientError: _unknown_recipient,
    TooManyWebhooksError: lambda _: ProblemError(TOO_MANY_WEBHOOKS),
    OverloadedError: lambda error: ProblemError(OVERLOADED, headers={"Retry-After": str(error.retry_after_seconds)}),
    ClientDisconnect: lambda _: ProblemError(TOO_SLOW),  # nobody hears it
}
ANSWERED: tuple[type[Exception], ...] = (*_OURS, ProblemError, HTTPException, RequestValidationError, DBAPIError)
"""The exceptions that a caller hears about."""


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer one of `ANSWERED`."""
    found, headers = to_problem(error), {}
    if found.kind is METHOD_NOT_ALLOWED:
        headers = {"Allow": ", ".join(_methods_at(request))}
    return answer_with(found.problem, {**(found.headers or {}), **headers})


def _methods_at(request: Request) -> Sequence[str]:
    """Return the methods of all routes with the request's path; the framework names those of the first one only."""
    path = getattr(request.scope.get("route"), "path", None)
    alike = [route for route in iter_route_contexts(request.app.routes) if route.path == path]
    return sorted({method for route in alike for method in route.methods or ()})


def to_problem(error: Exception) -> ProblemError:
    """Return the problem that an exception becomes; raise it again if it becomes none."""
    match error:
        case ProblemError():
            return error
        case RequestValidationError():
            return _parameter_problem(error)
        case DBAPIError() if (code := failure_of(error)) is not None:  # full disk, lost connection: no promise
            _log.error("store_failed", error=type(error.orig).__name__, why=code)
            return ProblemError(UNAVAILABLE, headers=_SOON)
        case HTTPException(status_code=404):
            return ProblemError(UNKNOWN_PATH)
        case HTTPException(status_code=405):
            return ProblemError(METHOD_NOT_ALLOWED)
        case _ if type(error) in _OURS:
            return _OURS[type(error)](error)
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
        elif each["type"] == "unknown_parameter":  # its name may be anything: not repeated
            yield Fault(parameter="", code=wording.code, detail=wording.text)
        else:
            yield Fault(parameter=name, code=wording.code, detail=wording.text)
