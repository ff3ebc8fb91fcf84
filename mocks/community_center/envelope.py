"""The eGovFrame envelope: reads and judges the header of a request, and writes those of replies and notices.

The twelve header fields and the result codes are real [S]; ids and HTTP statuses are assumed [A].
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mocks.community_center.contract import CODES, CONTRACT, MESSAGES
from mocks.community_center.offices import Office
from mocks.kit.json_contract import parse, unreal_value
from mocks.kit.kst import KST

TIME_WINDOW = timedelta(seconds=300)
CENTRE = CODES["organizations"]["centre"]
OFFICE_SYSTEM = CODES["organizations"]["office"]["systemId"]

_IDS = (
    "integrationId",
    "providerOrganizationId",
    "providerSystemId",
    "providerServiceId",
    "consumerOrganizationId",
    "consumerSystemId",
)


class EnvelopeError(Exception):
    """A message that does not get as far as the business: its result code, HTTP status and what is wrong."""

    def __init__(self, result_code: str, status: int, problem: str = "") -> None:
        name = CODES["resultCode"][result_code]["ko"]
        super().__init__(f"{name}: {problem}" if problem else name)
        self.result_code = result_code
        self.status = status


def wall_stamp(moment: datetime) -> str:
    """Return a moment as `yyyyMMddHHmmssSSS` in KST."""
    return moment.astimezone(KST).strftime("%Y%m%d%H%M%S%f")[:17]


def open_envelope(body: bytes) -> Mapping[str, Any]:
    """Read a message and check that its header is whole.

    Raises:
        EnvelopeError: 3001 or 3002.
    """
    try:
        message = parse(body)
    except ValueError:
        raise EnvelopeError("3001", 400, "message: no JSON in UTF-8") from None
    if not isinstance(message, Mapping):
        raise EnvelopeError("3001", 400, "message: no object")
    if not isinstance(message.get("header"), Mapping):
        raise EnvelopeError("3002", 400)
    problem = CONTRACT.check("RequestHeader", message["header"])
    if problem is not None:
        raise EnvelopeError("3001", 400, f"header {problem}")
    return message


def check_message(message: Mapping[str, Any], operation: str, office: Office, now: datetime) -> None:
    """Check that the header names this service, this office, the centre and the present time, and then the body.

    Raises:
        EnvelopeError: 1000, 1001, 1003, 1004, 1005, or 3001 for the body.
    """
    header, service = message["header"], CODES["operations"][operation]
    right = {
        "1000": header["integrationId"] == service["integrationId"],
        "1005": header["providerServiceId"] == service["providerServiceId"],
        "1004": (header["providerOrganizationId"], header["providerSystemId"])
        == (office.organization_id, OFFICE_SYSTEM),
        "1003": (header["consumerOrganizationId"], header["consumerSystemId"])
        == (CENTRE["organizationId"], CENTRE["systemId"]),
        "1001": _is_in_time(header["requestSendTime"], now),
    }
    for code, is_right in right.items():
        if not is_right:
            raise EnvelopeError(code, 200)
    problem = CONTRACT.break_of(f"{MESSAGES[operation]}Request", message)
    if problem is not None:
        raise EnvelopeError("3001", 400, problem)
    problem = unreal_value(message)
    if problem is not None:
        raise EnvelopeError("3001", 200, problem)  # 400 is for what the schema forbids


def reply_header(request: Mapping[str, Any], received: datetime, code: str, message: str) -> dict[str, str]:
    """Return the header of the reply to a request whose header (as far as it could be read) is `request`."""
    readable = {} if CONTRACT.check("RequestHeader", request) else request
    return {
        **{name: readable.get(name, "") for name in (*_IDS, "requestSendTime")},
        "requestReceiveTime": wall_stamp(received),
        "responseSendTime": wall_stamp(datetime.now(UTC)),
        "responseReceiveTime": "",
        "resultCode": code,
        "resultMessage": message,
    }


def notice_header(notice: str, office: Office) -> dict[str, str]:
    """Return the header of a notice (`status_notice`, `transfer_notice`) that `office` sends to the centre now."""
    return {
        "integrationId": CODES["operations"][notice]["integrationId"],
        "providerOrganizationId": CENTRE["organizationId"],
        "providerSystemId": CENTRE["systemId"],
        "providerServiceId": CODES["operations"][notice]["providerServiceId"],
        "consumerOrganizationId": office.organization_id,
        "consumerSystemId": OFFICE_SYSTEM,
        "requestSendTime": wall_stamp(datetime.now(UTC)),
        **dict.fromkeys(
            ("requestReceiveTime", "responseSendTime", "responseReceiveTime", "resultCode", "resultMessage"),
            "",
        ),
    }


def _is_in_time(text: str, now: datetime) -> bool:
    try:
        sent = datetime.strptime(text + "000", "%Y%m%d%H%M%S%f").replace(tzinfo=KST)
    except ValueError:
        return False
    return abs(now - sent) <= TIME_WINDOW
