"""Shared pieces of the OpenAPI description: the problems of a route, its body, its headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel

from hub.api.problems import (
    FORBIDDEN,
    HUB_ONLY,
    IDEMPOTENCY_CONFLICT,
    IDEMPOTENCY_KEY_MISSING,
    IN_FLIGHT,
    INTERNAL,
    INVALID_PARAMETER,
    MEDIA_TYPE,
    NO_CENTRE,
    TOO_OFTEN,
    UNAUTHENTICATED,
    UNAVAILABLE,
    Kind,
    Problem,
)

Responses = dict[int | str, dict[str, Any]]

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="요청마다 새로 만든 값, 다시 보낼 때는 같은 값 (new for each request, the same when repeated); "
        "개인정보를 넣지 마십시오 (never personal data).",
        examples=["5f2b9c1e-0000-4000-8000-000000000001"],
    ),
]
UNDER_KEY = (IDEMPOTENCY_KEY_MISSING, IN_FLIGHT, INVALID_PARAMETER, IDEMPOTENCY_CONFLICT)
"""What a route that takes an Idempotency-Key may answer for its sake."""

REQUEST_ID = {
    "X-Request-Id": {
        "description": "문의할 때 알려 줄 값 (quote it when asking the operators).",
        "required": True,
        "schema": {"type": "string"},
    }
}
_HEADERS: dict[str, tuple[str, str]] = {
    "unauthenticated": ("WWW-Authenticate", "string"),
    "forbidden": ("WWW-Authenticate", "string"),
    "hub-only": ("WWW-Authenticate", "string"),
    "no-centre": ("WWW-Authenticate", "string"),
    "too-many-requests": ("Retry-After", "integer"),
    "request-in-flight": ("Retry-After", "integer"),
    "unavailable": ("Retry-After", "integer"),
    "overloaded": ("Retry-After", "integer"),
    "no-catalogue": ("Retry-After", "integer"),
}
"""The header that a kind of problem brings, and its type."""


def problems(*kinds: Kind, known_callers_only: bool = True) -> Responses:
    """Describe the problems that a route may answer with, beside those that every route may."""
    always = (UNAUTHENTICATED, FORBIDDEN, NO_CENTRE, HUB_ONLY, TOO_OFTEN) if known_callers_only else ()
    by_status: dict[int, list[Kind]] = {}
    for kind in (*always, *kinds, INTERNAL, UNAVAILABLE):
        by_status.setdefault(kind.status, []).append(kind)
    return {status: _described(found) for status, found in sorted(by_status.items())}


def _described(kinds: list[Kind]) -> dict[str, Any]:
    """Describe the problems of one status; a header that only some of them bring is not required."""
    headers: dict[str, Any] = dict(REQUEST_ID)
    brought = [_HEADERS[kind.code] for kind in kinds if kind.code in _HEADERS]
    for name, kind_of_value in brought:
        required = brought.count((name, kind_of_value)) == len(kinds)
        headers[name] = {"required": required, "schema": {"type": kind_of_value}}
    return {
        "description": " / ".join(f"{kind.title} (`{kind.uri}`)" for kind in kinds),
        "headers": headers,
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": f"#/components/schemas/{Problem.__name__}"},
                "examples": {kind.code: {"value": _example(kind)} for kind in kinds},
            }
        },
    }


def _example(kind: Kind) -> dict[str, Any]:
    return {"type": kind.uri, "title": kind.title, "status": kind.status, "detail": kind.detail}


def answers(description: str, *, links: Mapping[str, Any] | None = None, **headers: str) -> dict[str, Any]:
    """Describe the good answer of a route: `headers` is name (with `_` for `-`) → what it says."""
    described = {
        name.replace("_", "-"): {"description": said, "schema": {"type": "string"}} for name, said in headers.items()
    }
    answer = {"description": description, "headers": REQUEST_ID | described}
    return answer | ({"links": dict(links)} if links else {})


def or_page(answer: dict[str, Any]) -> dict[str, Any]:
    """Describe an answer that also comes as a page to print, to callers who would rather have `text/html`."""
    return answer | {"content": {"text/html": {"schema": {"type": "string", "description": "인쇄할 문서 (A4)."}}}}


def link(operation: str, **parameters: str) -> dict[str, Any]:
    """Describe which operation takes what this answer's body holds: parameter → JSON pointer into the body."""
    taken = {name: f"$response.body#{pointer}" for name, pointer in parameters.items()}
    return {"operationId": operation, "parameters": taken}


def takes(model: type[BaseModel], example: Any) -> dict[str, Any]:
    """Describe the JSON body of a route; `hub/api/openapi.py` adds the schema that is referred to."""
    content = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}, "example": example}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}
