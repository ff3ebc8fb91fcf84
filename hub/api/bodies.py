"""Taking a body off the wire: its media type, its size while it streams, its time. What it says is `json_text`'s."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import Message
from typing import Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict

from hub.api.callers import CurrentCaller
from hub.api.json_text import parse_json, read_model
from hub.api.problems import INVALID_DOCUMENT, TOO_LARGE, TOO_SLOW, UNSUPPORTED_MEDIA_TYPE, Fault, ProblemError
from hub.api.services import Hub
from hub.settings import HttpSettings

SomeModel = TypeVar("SomeModel", bound=BaseModel)


@dataclass(frozen=True)
class Received(Generic[SomeModel]):
    """A body that was read: the document, and the canonical text that idempotency compares."""

    document: SomeModel
    text: str


class Nothing(BaseModel):
    """The body of a step that needs no more than its address: absent, or an empty object."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_NO_WORDS = Fault(pointer="", code="unknown_field", detail="본문은 비우거나 {}로 보냅니다.")


def body_of(model: type[SomeModel]) -> Callable[..., Awaitable[Received[SomeModel]]]:
    """Return a dependency that reads the body as `model`. Only a known caller's body is read at all."""

    async def read(request: Request, hub: Hub, caller: CurrentCaller) -> Received[SomeModel]:  # noqa: ARG001 - asked for, so that an unknown caller is turned away first
        _check_is_json(request)
        document, text = read_model(await read_body(request, hub.settings.http), model)
        return Received(document, text)

    return read


async def nothing_sent(request: Request, hub: Hub, caller: CurrentCaller) -> None:  # noqa: ARG001 - as in `body_of`
    """Refuse a body that says anything: a word that nobody would read must not look as if it was heard."""
    body = await read_body(request, hub.settings.http)
    if body:
        _check_is_json(request)
        if parse_json(body, Nothing) != {}:
            raise ProblemError(INVALID_DOCUMENT, errors=[_NO_WORDS])


async def read_body(request: Request, settings: HttpSettings) -> bytes:
    """Return the body, counted and timed while it comes, whatever its Content-Length says.

    Raises:
        ProblemError: `body-too-large`, `request-timeout`.
    """
    limit = settings.max_body_bytes
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise ProblemError(TOO_LARGE, headers=_CLOSE)
    read = bytearray()
    try:
        async with asyncio.timeout(settings.body_seconds):
            async for chunk in request.stream():
                read += chunk
                if len(read) > limit:
                    raise ProblemError(TOO_LARGE, headers=_CLOSE)
    except TimeoutError:
        raise ProblemError(TOO_SLOW, headers=_CLOSE) from None
    return bytes(read)


_CLOSE = {"Connection": "close"}  # what is still coming is not read


def _check_is_json(request: Request) -> None:
    header = Message()
    header["Content-Type"] = request.headers.get("content-type", "")
    charset = header.get_param("charset", "utf-8")
    plain = request.headers.get("content-encoding", "identity").lower() == "identity"
    if header.get_content_type() != "application/json" or str(charset).lower() != "utf-8" or not plain:
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE, headers={"Accept": "application/json"})
