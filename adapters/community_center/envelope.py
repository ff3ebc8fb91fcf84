"""The eGovFrame envelope: writes the header of a request, and judges an answer by HTTP status, form and resultCode.

The twelve header fields and the result codes are real [S]; the ids' values are assumed [A]. What stands in the body
is `mapping`'s matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from adapters.community_center.codes import INVALID_TIME, RESULT_CODES, UNREAD, Meaning
from adapters.community_center.contract import CONTRACT, NAME
from adapters.community_center.settings import CommunityCenterSettings
from adapters.sdk import BadReplyError, BusyError, HttpReply, MisconfiguredError, UncertainError
from adapters.sdk.json_contract import Message
from adapters.sdk.kst import from_kst, to_kst_milli

TIME_WINDOW = timedelta(seconds=300)
"""How far two wall clocks may be apart, both ways, by the contract."""

IDS = (
    "integrationId",
    "providerOrganizationId",
    "providerSystemId",
    "providerServiceId",
    "consumerOrganizationId",
    "consumerSystemId",
    "requestSendTime",
)
"""What an answer repeats of its request."""

_LATER = ("requestReceiveTime", "responseSendTime", "responseReceiveTime", "resultCode", "resultMessage")
_WITH_ENVELOPE = frozenset(
    {
        HTTPStatus.OK,
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    }
)
_BEFORE_THE_OFFICE = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def organization_id(office: str) -> str:
    """Return the id of an office in the header: ORG and the first five digits of its 기관코드."""
    return f"ORG{office[:5]}"


def request_header(settings: CommunityCenterSettings, operation: str, office: str, sent_at: datetime) -> dict[str, str]:
    """Write the header of a request to `office`: all twelve fields, the later ones empty."""
    service = CONTRACT.codes["operations"][operation]
    return {
        "integrationId": service["integrationId"],
        "providerOrganizationId": organization_id(office),
        "providerSystemId": CONTRACT.codes["organizations"]["office"]["systemId"],
        "providerServiceId": service["providerServiceId"],
        "consumerOrganizationId": settings.consumer_organization_id,
        "consumerSystemId": settings.consumer_system_id,
        "requestSendTime": to_kst_milli(sent_at),
        **dict.fromkeys(_LATER, ""),
    }


def open_reply(reply: HttpReply, schema: str, sent: Mapping[str, str], now: datetime) -> Message:
    """Return the body of an answer that says 0000 or 0002; of the latter it is the contract's `ErrorBody`.

    `sent` is the request's header, which the answer must repeat: otherwise it belongs to another request. `now` is
    wall time.

    Raises:
        BusyError: nothing happened, later may be better.
        MisconfiguredError: nothing happened, and nothing will before a person mends something.
        UncertainError: it may have happened.
        BadReplyError: the same, and the answer is none of the contract's.
    """
    message = _read(reply, schema, now)
    header: Mapping[str, str] = message["header"]
    code = header["resultCode"]
    meaning = RESULT_CODES[code]
    _check_repeats(header, sent, unread=code in UNREAD)
    if meaning in {Meaning.DONE, Meaning.BUSINESS_ERROR}:
        if reply.status != HTTPStatus.OK:
            raise BadReplyError(f"{NAME}: resultCode {code} with HTTP {reply.status}")
        body: Message = message["body"]
        return body
    raise _failure(meaning, header)


def _read(reply: HttpReply, schema: str, now: datetime) -> Message:
    """Read an answer that has an envelope; sort out the ones that have none."""
    if reply.status in _BEFORE_THE_OFFICE:
        wait = reply.retry_after_seconds(now)
        raise BusyError(f"{NAME}: HTTP {reply.status}, the gateway did nothing", wait)
    if reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise MisconfiguredError(f"{NAME}: HTTP 413, a message of ours is longer than the contract allows")
    if reply.status not in _WITH_ENVELOPE:
        raise BadReplyError(f"{NAME}: HTTP {reply.status} is no answer of the contract")
    return CONTRACT.read(reply, schema)


def _check_repeats(header: Mapping[str, str], sent: Mapping[str, str], *, unread: bool) -> None:
    for name in IDS:
        if header[name] != sent[name] and not (unread and header[name] == ""):
            raise BadReplyError(f"{NAME}: the answer belongs to another request ({name})")


def _failure(meaning: Meaning, header: Mapping[str, str]) -> Exception:
    code = header["resultCode"]
    text = f"{NAME}: resultCode {code} {CONTRACT.codes['resultCode'][code]['name']}"
    if meaning is Meaning.UNCERTAIN:
        return UncertainError(text)
    if code == INVALID_TIME and _clocks_differ(header):
        return MisconfiguredError(f"{text}: our clock and the agency's are more than {TIME_WINDOW.seconds} s apart")
    return BusyError(text) if meaning is Meaning.WAIT else MisconfiguredError(text)


def _clocks_differ(header: Mapping[str, Any]) -> bool:
    try:
        return abs(from_kst(header["requestReceiveTime"]) - from_kst(header["requestSendTime"])) > TIME_WINDOW
    except ValueError:
        return False  # the agency's time is no time: nothing is known of its clock
