"""The OpenAPI 3.1 document: FastAPI's own, with our request bodies, and without the answers that we never give."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from hub.access.scopes import Scope
from hub.api.asked import (
    Acknowledgement,
    Bulk,
    ClientSearch,
    Closing,
    MoreConsents,
    MoreReferrals,
    Override,
    Precheck,
    Resolution,
)
from hub.api.authorisation import AUTHORISATION, Access
from hub.api.meanings import MEANINGS
from hub.api.problems import Problem
from hub.api.webhook_bodies import NewWebhook, Redelivery, Rotation, WebhookChange
from schemas.case import CaseDocument
from schemas.referral import Supplement

_BODIES: tuple[type[BaseModel], ...] = (
    CaseDocument, MoreReferrals, MoreConsents, Resolution, Override, Acknowledgement, Closing, Precheck,
    Supplement, Bulk, ClientSearch, NewWebhook, WebhookChange, Rotation, Redelivery,
)  # fmt: skip
_SCHEMES: dict[str, dict[str, str]] = {
    "api_key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "naru_<prefix>_<secret>",
        "description": "센터의 API 키(`naru centres key`) 또는 나루 운영자의 키(`naru operators key`).",
    },
    "jwt": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "설정된 발급자의 JWT. 센터를 밝혀야 하며, 권한은 scope 클레임에 있습니다.",
    },
}
"""Both in the Authorization header; the scopes of an operation stand beside each (OpenAPI 3.1 allows that)."""
_NEVER_ANSWERED = ("HTTPValidationError", "ValidationError")
_DESCRIPTION = """\
동의·의뢰 문서 하나를 받아 여러 기관에 전달하고 끝까지 따라갑니다.
(One consent-and-referral document in; each agency's own system reached, and every referral followed to its end.)

- 모든 요청에는 센터의 API 키나 설정된 발급자의 JWT가 필요합니다. 다른 센터의 식별자는 없는 식별자와 똑같이 404입니다.
- 키마다 권한(scope)이 있습니다: `{scopes}`. 처리마다 적힌 권한 가운데 하나가 있어야 하고, 없으면 403입니다.
- 응답의 `RateLimit` 헤더가 남은 호출 수를 알립니다. 넘으면 429이며, `Retry-After` 초 뒤에 다시 보냅니다.
- 사례·의뢰·동의를 넣을 때는 `Idempotency-Key`가 필요합니다. 응답을 못 받으면 같은 키로 같은 요청을 다시 보내십시오.
- 오류는 모두 `application/problem+json`(RFC 9457)이며, 보낸 값을 되풀이하지 않고 JSON 포인터로 자리를 가리킵니다.
""".format(scopes="`, `".join(Scope))
_TAGS = [
    {"name": "cases", "description": "사례"},
    {"name": "referrals", "description": "의뢰"},
    {"name": "consents", "description": "동의"},
    {"name": "clients", "description": "대상자"},
    {"name": "prechecks", "description": "사전 확인"},
    {"name": "services", "description": "복지서비스"},
    {"name": "agencies", "description": "기관"},
    {"name": "webhooks", "description": "웹훅"},
    {"name": "audit", "description": "접속기록"},
    {"name": "callbacks", "description": "기관 콜백"},
    {"name": "health", "description": "상태 확인"},
]


def openapi_document(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """Return the description of `routes`."""
    document = get_openapi(
        title="naru",
        version=version("naru-hub"),
        openapi_version="3.1.0",
        description=_DESCRIPTION,
        routes=routes,
        tags=_TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    document.setdefault("components", {})["securitySchemes"] = _SCHEMES
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in _more_schemas().items():
        if schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two different schemas are called {name}")
    for name in _NEVER_ANSWERED:
        schemas.pop(name, None)
    for name, schema in schemas.items():
        if "description" in schema:
            schema["description"] = _for_callers(name, schema["description"])
    for route in iter_route_contexts(routes):
        for method in route.methods or ():
            operation = document["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                _drop_default_422(operation["responses"])
                _say_who_may_call(operation, AUTHORISATION[f"{method} {route.path}"])
    return document


def _say_who_may_call(operation: dict[str, Any], access: Access) -> None:
    """Write the scopes into the operation's security: one entry for each, since one of them is enough."""
    if not access.is_open:
        operation["security"] = [
            {scheme: [scope.value]} for scheme in _SCHEMES for scope in Scope if scope in access.scopes
        ]


def _for_callers(name: str, description: str) -> str:
    """Leave out what a docstring says about Python, and add what the values of an enumeration mean."""
    said = description.partition("\n\nRaises:")[0]
    values = [f"`{value}`: {meaning}" for value, meaning in MEANINGS.get(name, {}).items()]
    return "\n".join([said, *values])


def _more_schemas() -> dict[str, Any]:
    wanted = [(model, "validation") for model in _BODIES] + [(Problem, "serialization")]
    _, described = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # the literals widen to str
    return dict(described["$defs"])


def _drop_default_422(responses: dict[str, Any]) -> None:
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]
