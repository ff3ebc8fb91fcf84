"""The bodies that a centre sends about its webhooks, and an example of each."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from hub.notices.desk import Subject
from hub.notices.targets import MOST_CHARACTERS
from schemas.base import Flag, Frozen, Opaque, Whole

_Url = Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS)]
_Subjects = Annotated[tuple[Subject, ...], Field(min_length=1, max_length=2)]


class NewWebhook(Frozen):
    """웹훅 등록: where the hub tells a centre what happened."""

    url: _Url
    """받을 주소: https, public on the internet, without user name, password and fragment."""
    events: _Subjects = (Subject.REFERRAL,)
    """받을 알림."""


class WebhookChange(Frozen):
    """웹훅 변경: what is left out stays as it is."""

    url: _Url | None = None
    """받을 주소. The secret stays."""
    events: _Subjects | None = None
    """받을 알림."""
    enabled: Flag | None = None
    """사용 여부. What happens while it is off is sent once it is on again, up to an age."""


class Rotation(Frozen):
    """비밀값 교체."""

    overlap_hours: Annotated[Whole, Field(ge=0, le=168)] = 24
    """For how long the old secret signs too. 0: it is known to others and must not sign any more."""


class Redelivery(Frozen):
    """다시 보내기: of what lies on the shelf."""

    messages: Annotated[tuple[Opaque, ...] | None, Field(max_length=200)] = None
    """Ids of messages (`msg_…`); left out: all of them."""


WEBHOOK_ID = "hook_01jc0000000000000000000001"
NEW_WEBHOOK: dict[str, Any] = {"url": "https://centre.example/naru", "events": ["referral", "agency"]}
WEBHOOK_CHANGE: dict[str, Any] = {"enabled": True}
ROTATION: dict[str, Any] = {"overlap_hours": 24}
REDELIVERY: dict[str, Any] = {"messages": ["msg_01jc0000000000000000000001"]}
