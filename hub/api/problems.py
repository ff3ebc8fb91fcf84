"""Every error that a caller can get, as problem+json (RFC 9457): the kinds, their Korean words, the answer's form.

A problem says what to do and names the place by JSON pointer. It never holds a value, nor a key, of what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 50


class Fault(BaseModel):
    """One thing that is wrong, and where: exactly one of `pointer`, `parameter` and `header` is there."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    pointer: Annotated[str | None, Field(examples=["/referrals/0/service_code"])] = None
    """JSON pointer (RFC 6901) into the body that was sent; empty for the whole of it. For an unknown field, its
    parent: a name that nobody expects may itself be personal data."""
    parameter: str | None = None
    """Name of the query parameter; empty for one that nobody expects."""
    header: str | None = None
    """Name of the header."""
    code: Annotated[str, Field(examples=["unknown_field"])]
    """What is wrong, for programs."""
    detail: str
    """What is wrong and what to do, for people (Korean)."""


class Problem(BaseModel):
    """RFC 9457 problem details; `errors`, `current`, `legal` and `request_id` are there where they say something."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    type: Annotated[str, Field(examples=["urn:naru:problem:unknown-id"])]
    """The kind of problem: `urn:naru:problem:<kind>`."""
    title: str
    """The kind in words (Korean)."""
    status: int
    """The HTTP status."""
    detail: str
    """What to do (Korean)."""
    errors: tuple[Fault, ...] | None = None
    """Each thing that is wrong; at most 50 of them."""
    current: str | None = None
    """The state that forbids the step."""
    legal: tuple[str, ...] | None = None
    """The steps that are possible now."""
    request_id: str | None = None
    """What to quote when asking the operators; also in the header `X-Request-Id` of every answer."""


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its code, HTTP status, title and default detail."""

    code: str
    status: int
    title: str
    detail: str

    @property
    def uri(self) -> str:
        """What stands in `type`."""
        return f"urn:naru:problem:{self.code}"


MALFORMED_JSON = Kind(
    "malformed-json", 400, "JSON 형식 오류", "본문은 UTF-8로 쓴 올바른 JSON 문서여야 합니다. 고쳐서 다시 보내 주십시오."
)
IDEMPOTENCY_KEY_MISSING = Kind(
    "idempotency-key-missing",
    400,
    "Idempotency-Key 없음",
    "Idempotency-Key 헤더에 요청마다 새로 만든 값을 넣고, 같은 요청을 다시 보낼 때는 같은 값을 쓰십시오.",
)
UNAUTHENTICATED = Kind(
    "unauthenticated", 401, "인증 필요", "유효한 API 키나 토큰을 'Authorization: Bearer …' 헤더로 보내 주십시오."
)
FORBIDDEN = Kind(
    "forbidden",
    403,
    "권한 없음",
    "이 키나 토큰에는 그 권한이 없습니다. 권한이 있는 것을 쓰거나, 나루 운영자에게 요청하십시오.",
)
HUB_ONLY = Kind(
    "hub-only",
    403,
    "나루 운영자만",
    "모든 센터에 영향을 주는 처리여서 센터의 키로는 할 수 없습니다. 나루 운영자에게 요청하십시오.",
)
NO_CENTRE = Kind(
    "no-centre",
    403,
    "센터 소속이 아님",
    "나루 운영자의 키로는 센터의 의뢰인과 사례를 보거나 처리할 수 없습니다. 센터의 키를 쓰십시오.",
)
UNKNOWN_ID = Kind("unknown-id", 404, "찾을 수 없음", "이 센터에는 그런 식별자가 없습니다. 식별자를 확인해 주십시오.")
UNKNOWN_AGENCY = Kind(
    "unknown-agency",
    404,
    "그런 기관 없음",
    "연계 중인 기관 가운데 그런 slug가 없습니다. GET /v1/agencies에서 확인해 주십시오.",
)
UNKNOWN_PATH = Kind("unknown-path", 404, "없는 주소", "그런 주소가 없습니다. /docs 에서 주소를 확인해 주십시오.")
DESTROYED = Kind(
    "destroyed",
    410,
    "파기됨",
    "보존 기간이 끝났거나 파기를 요청받아 이 사례의 개인정보를 파기했습니다. 되살릴 수 없습니다. "
    "무엇을 누구에게 보냈는지는 GET /v1/clients/{id}/disclosures에 남아 있습니다.",
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed", 405, "허용되지 않는 메서드", "이 주소에 쓸 수 있는 메서드는 Allow 헤더에 있습니다."
)
TOO_SLOW = Kind("request-timeout", 408, "요청 시간 초과", "요청이 제때 도착하지 않았습니다. 다시 보내 주십시오.")
TOO_OFTEN = Kind(
    "too-many-requests",
    429,
    "호출이 너무 잦음",
    "허용된 호출 수를 넘어 처리하지 않았습니다. Retry-After 초 뒤에 같은 요청을 다시 보내 주십시오.",
)
ILLEGAL_STEP = Kind(
    "illegal-step",
    409,
    "지금은 할 수 없는 처리",
    "현재 상태(current)에서 할 수 있는 처리는 legal에 있습니다. 비어 있으면 지금 할 수 있는 처리가 없습니다.",
)
IN_FLIGHT = Kind(
    "request-in-flight",
    409,
    "같은 요청 처리 중",
    "같은 Idempotency-Key의 요청을 처리하고 있습니다. 잠시 뒤 같은 요청을 다시 보내 주십시오.",
)
TOO_MANY_WEBHOOKS = Kind(
    "too-many-webhooks",
    409,
    "웹훅이 너무 많음",
    "이 센터가 등록할 수 있는 웹훅 수를 넘습니다. 쓰지 않는 웹훅을 지워 주십시오.",
)
TOO_LARGE = Kind("body-too-large", 413, "본문이 너무 큼", "본문이 허용된 크기를 넘었습니다. 줄여서 다시 보내 주십시오.")
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported-media-type",
    415,
    "지원하지 않는 형식",
    "본문은 압축하지 않은 UTF-8 JSON이어야 하고, Content-Type은 application/json이어야 합니다.",
)
INVALID_DOCUMENT = Kind(
    "invalid-document",
    422,
    "문서 내용 오류",
    "errors가 가리키는 항목을 고쳐서 다시 보내 주십시오. 아무것도 저장하거나 전송하지 않았습니다.",
)
NO_SUPPLEMENT = Kind(
    "no-supplement",
    422,
    "전산 보완 불가",
    "이 기관과는 보완 자료를 전산으로 주고받지 않습니다. 자료를 기관에 직접 제출하십시오. "
    "기관이 처리하면 의뢰의 상태에 나타납니다.",
)
BULK_CHANGED = Kind(
    "bulk-changed",
    422,
    "확인 값 불일치",
    "confirm이 이 요청의 미리보기에서 나온 값이 아니거나 기한이 지났습니다. "
    "confirm 없이 다시 보내 미리보기를 받으십시오.",
)
INVALID_PARAMETER = Kind(
    "invalid-parameter", 422, "요청 매개변수 오류", "errors가 가리키는 매개변수나 헤더를 고쳐서 다시 보내 주십시오."
)
IDEMPOTENCY_CONFLICT = Kind(
    "idempotency-conflict",
    422,
    "Idempotency-Key 재사용",
    "이 Idempotency-Key는 내용이 다른 요청에 이미 쓰였습니다. 새 요청에는 새 값을 쓰십시오.",
)
INTERNAL = Kind(
    "internal",
    500,
    "내부 오류",
    "처리하지 못했습니다. request_id를 운영자에게 알려 주십시오. 같은 요청은 다시 보내도 됩니다.",
)
UNAVAILABLE = Kind(
    "unavailable",
    503,
    "일시적으로 이용할 수 없음",
    "지금은 요청을 받을 수 없습니다. 잠시 뒤 같은 요청을 다시 보내 주십시오.",
)
OVERLOADED = Kind(
    "overloaded",
    503,
    "접수 한도 초과",
    "밀린 의뢰나 저장 공간이 한도에 이르러 새로 받지 못했습니다. 아무것도 저장하지 않았습니다. "
    "Retry-After 초 뒤에 같은 요청을 같은 Idempotency-Key로 다시 보내 주십시오. 이미 받은 의뢰는 계속 처리합니다.",
)
NO_CATALOGUE = Kind(
    "no-catalogue",
    503,
    "복지서비스 목록 없음",
    "복지서비스 목록을 아직 받아 오지 못했거나 연계가 설정되어 있지 않습니다. 잠시 뒤 다시 요청해 주십시오.",
)

KINDS: tuple[Kind, ...] = (
    MALFORMED_JSON, IDEMPOTENCY_KEY_MISSING, UNAUTHENTICATED, FORBIDDEN, HUB_ONLY, NO_CENTRE, UNKNOWN_ID,
    UNKNOWN_AGENCY, UNKNOWN_PATH, METHOD_NOT_ALLOWED, TOO_SLOW,
    ILLEGAL_STEP, IN_FLIGHT, TOO_MANY_WEBHOOKS, DESTROYED, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE,
    INVALID_DOCUMENT, NO_SUPPLEMENT, BULK_CHANGED, INVALID_PARAMETER,
    IDEMPOTENCY_CONFLICT, TOO_OFTEN, INTERNAL, UNAVAILABLE, OVERLOADED, NO_CATALOGUE,
)  # fmt: skip
"""All kinds, in the order of their status: what the docs page lists."""


class ProblemError(Exception):
    """Ends a request with a problem. `detail` stands for the kind's own; `headers` go beside the body."""

    def __init__(
        self,
        kind: Kind,
        *,
        detail: str | None = None,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        current: str | None = None,
        legal: Iterable[str] | None = None,
    ) -> None:
        super().__init__(kind.code)
        self.kind = kind
        self.headers = headers
        self.problem = Problem(
            type=kind.uri,
            title=kind.title,
            status=kind.status,
            detail=detail or kind.detail,
            errors=_first_of_each(errors) or None,
            current=current,
            legal=tuple(legal) if legal is not None else None,
        )


def _first_of_each(errors: Sequence[Fault]) -> tuple[Fault, ...]:
    return tuple(dict.fromkeys(errors))[:MOST_FAULTS]


def answer_with(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the problem as an HTTP answer."""
    return Response(
        problem.model_dump_json(exclude_none=True),
        problem.status,
        headers=dict(headers) if headers else None,
        media_type=MEDIA_TYPE,
    )


def internal_problem(request_id: str) -> Problem:
    """Return what a caller hears of a defect of ours: nothing but an id to ask by."""
    return Problem(
        type=INTERNAL.uri, title=INTERNAL.title, status=INTERNAL.status, detail=INTERNAL.detail, request_id=request_id
    )
