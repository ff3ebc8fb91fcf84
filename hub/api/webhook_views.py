"""What the API answers about webhooks, and how a stored record becomes it. A secret is in two answers only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from hub.api.views import View
from hub.clock import wall_now
from hub.notices.desk import Subject
from hub.notices.judging import Failure, Outcome
from hub.notices.targets import Target
from hub.store.messages import Message, Standing
from hub.store.webhooks import Pace, WebhookRecord

_WORDS: Mapping[str, str] = {
    Failure.NAME_UNRESOLVED: "주소의 호스트 이름을 찾지 못했습니다.",
    Failure.ADDRESS_FORBIDDEN: (
        "주소가 허용되지 않는 네트워크를 가리킵니다. 내부망 주소는 운영자가 허용해야 쓸 수 있습니다."
    ),
    Failure.CONNECT_FAILED: "수신 서버에 연결하지 못했습니다.",
    Failure.TLS_FAILED: "수신 서버의 인증서를 확인하지 못했습니다.",
    Failure.TIMED_OUT: "수신 서버가 제때 답하지 않았습니다.",
    Failure.BROKE_OFF: "수신 서버와의 연결이 끊겼습니다.",
    Failure.TOO_OLD: "보내지 못한 채 보관 기한이 지났습니다.",
}


class WebhookView(View):
    """웹훅: where notices go, and how they are getting on. The secret is never shown again."""

    id: str
    url: str
    """받을 주소."""
    events: tuple[Subject, ...]
    """받을 알림."""
    enabled: bool
    disabled_by: Literal["centre", "gone"] | None
    """Who switched it off: the centre, or its receiver by answering 410 Gone."""
    previous_secret_until: datetime | None
    """Until when the secret before signs too."""
    waiting: int
    """Messages that are not delivered yet."""
    waiting_since: datetime | None
    """When the oldest of them was written."""
    shelved: int
    """Messages that were given up: `GET …/shelf`, `POST …/redeliver`."""
    failing_since: datetime | None
    """Since when no message was taken; null while all is well."""
    last_failure: str | None
    """What the last vain try came to: a code."""
    last_failure_text: str | None
    """The same in words (Korean)."""
    last_delivered_at: datetime | None
    created_at: datetime
    changed_at: datetime


class NewWebhookView(WebhookView):
    """등록한 웹훅, with its secret: shown here and never again."""

    secret: str
    """`whsec_…`: what signatures are checked with."""


class WebhooksView(View):
    """All webhooks of the centre, oldest first."""

    webhooks: tuple[WebhookView, ...]


class RotatedView(View):
    """교체한 비밀값: shown here and never again."""

    id: str
    secret: str
    """`whsec_…`: the new one."""
    previous_secret_until: datetime | None
    """Until when the old one signs too; null: no more."""


class PingView(View):
    """시험 알림의 결과."""

    delivered: bool
    status: int | None
    """The HTTP status of the receiver; null if there was no answer."""
    why: str | None
    """Why it was not delivered: a code."""
    why_text: str | None
    """The same in words (Korean)."""


class ShelvedView(View):
    """보내지 못한 알림."""

    id: str
    """The same as in the header `webhook-id` of every try."""
    type: str
    at: datetime
    referral_id: str | None
    case_id: str | None
    sequence: int | None
    tries: int
    why: str | None
    """What the last try came to: a code."""
    why_text: str | None
    """The same in words (Korean)."""
    shelved_at: datetime | None


class ShelfView(View):
    """One page of the shelf, oldest first; the header `Link` with `rel="next"` leads to the next one."""

    messages: tuple[ShelvedView, ...]


class RedeliveredView(View):
    """다시 보내기의 결과."""

    count: int
    """How many messages are sent again."""


def webhook_view(record: WebhookRecord, target: Target, pace: Pace, standing: Standing) -> WebhookView:
    """Return what is shown of a webhook."""
    wants = ((Subject.REFERRAL, record.wants_referrals), (Subject.AGENCY, record.wants_agencies))
    return WebhookView(
        id=record.id,
        url=target.url,
        events=tuple(subject for subject, wanted in wants if wanted),
        enabled=record.enabled,
        disabled_by=record.disabled_by,
        previous_secret_until=target.previous_until if len(target.secrets_at(wall_now())) > 1 else None,
        waiting=standing.waiting,
        waiting_since=standing.waiting_since,
        shelved=standing.shelved,
        failing_since=pace.failing_since,
        last_failure=pace.last_failure,
        last_failure_text=words_of(pace.last_failure),
        last_delivered_at=pace.last_delivered_at,
        created_at=record.created_at,
        changed_at=record.changed_at,
    )


def ping_view(outcome: Outcome) -> PingView:
    """Return what came of a test."""
    why = outcome.why
    return PingView(delivered=outcome.is_delivered, status=outcome.status, why=why, why_text=words_of(why))


def shelved_view(message: Message) -> ShelvedView:
    """Return what is shown of a message on the shelf."""
    values = {name: getattr(message, name) for name in ShelvedView.model_fields if hasattr(message, name)}
    return ShelvedView(**values, why_text=words_of(message.why))


def words_of(why: str | None) -> str | None:
    """Return a failure in words."""
    if why is None:
        return None
    return _WORDS.get(why) or f"수신 서버가 {why.removeprefix('status_')}(으)로 답했습니다."
