"""Opens what comes back: the answer's element, or one of the four shapes of the gateway's error, by what it means."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from lxml import etree

from adapters.bokjiro.codes import REASONS, Means, reason_code
from adapters.sdk import BadReplyError, BusyError, HttpReply, MisconfiguredError, UncertainError
from adapters.sdk.encodings import Encoding, decode
from adapters.sdk.transports.xml_text import media_type_of, read_xml, values_of

NAME = "bokjiro"
_GATEWAY = "OpenAPI_ServiceResponse"
_SAID_IN = ("returnReasonCode", "resultCode", "returnAuthMsg", "resultMsg", "errMsg")
_LARGEST_ERROR = 16 * 1024
"""Bytes of an error in JSON; the gateway's are some hundred."""


class PassingError(UncertainError):
    """The gateway says that something broke which may pass by itself: a read may be repeated."""


def open_reply(reply: HttpReply, root: str, encoding: Encoding) -> etree._Element | None:
    """Return the element of an answer; None for an empty result (03).

    Raises:
        PassingError: 01, 02, 04, 05, 99.
        BusyError: 22, or HTTP 429.
        MisconfiguredError: any other reason, or HTTP 401.
        BadReplyError: none of the shapes.
    """
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise MisconfiguredError(f"{NAME}: HTTP 401, the service key is not accepted")
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise BusyError(f"{NAME}: HTTP 429")
    if media_type_of(reply.headers.get("content-type", "")) == "text/html":
        raise BadReplyError(f"{NAME}: a page instead of an answer")
    if reply.body.lstrip()[:1] == b"{":
        return _nothing(_said_in_json(reply.body, encoding))
    element = read_xml(reply.body, encoding)
    if element.tag == _GATEWAY:
        return _nothing([text for part in element.iter() for text in _texts(part)])
    if reply.status != HTTPStatus.OK or element.tag != root:
        raise BadReplyError(f"{NAME}: HTTP {reply.status} with an element that the contract does not know")
    values = values_of(element)
    code = reason_code(values.get("resultCode", ""))
    if code is None:
        raise BadReplyError(f"{NAME}: an answer without a resultCode that the contract knows")
    return element if REASONS[code] is Means.DONE else _nothing([values["resultCode"]])


def _nothing(said: list[str]) -> etree._Element | None:
    """Return None, an empty result; raise what any other reason means."""
    code = reason_code(*said)
    if code is None or REASONS[code] is Means.DONE:
        raise BadReplyError(f"{NAME}: an error of the gateway without a reason that the contract knows")
    match REASONS[code]:
        case Means.NOTHING:
            return None
        case Means.AGAIN:
            raise PassingError(f"{NAME}: the gateway answers {code}")
        case Means.WAIT:
            raise BusyError(f"{NAME}: the gateway answers {code}, the quota of requests is used up")
        case _:
            raise MisconfiguredError(f"{NAME}: the gateway answers {code}")


def _texts(part: etree._Element) -> list[str]:
    """Return what an element of the gateway's error says, the code first."""
    values = values_of(part)
    return [values[name] for name in _SAID_IN if name in values]


def _said_in_json(body: bytes, encoding: Encoding) -> list[str]:
    """Return what the gateway's error says in JSON, wherever its header stands."""
    if len(body) > _LARGEST_ERROR:
        raise BadReplyError(f"{NAME}: JSON that is no error of the gateway")
    try:
        parts: list[Any] = [json.loads(decode(body, encoding))]
    except (ValueError, RecursionError):
        raise BadReplyError(f"{NAME}: half an error of the gateway") from None
    said: list[str] = []
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            said += [str(part[name]) for name in _SAID_IN if isinstance(part.get(name), str | int)]
            parts += part.values()
    return said
