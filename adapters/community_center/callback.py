"""진행상태통보 and 이송통보: verifies who sent a notice, reads it, and writes the answer in the envelope. No I/O.

Signature [A]: `X-Linkage-Signature: sha256=<hex>` is the HMAC-SHA256, under the shared secret, of
`X-Linkage-Timestamp`, a dot, and the body's bytes; the time stamp is Unix seconds of the wall clock.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from adapters.community_center.contract import CONTRACT, NAME
from adapters.community_center.envelope import IDS, TIME_WINDOW, organization_id
from adapters.community_center.mapping import fact_from, transfer_from
from adapters.community_center.settings import CommunityCenterSettings
from adapters.sdk import BadReplyError, Callback, CallbackRefusedError, InboundCall, InboundReply
from adapters.sdk.json_contract import read_json, write_json
from adapters.sdk.kst import to_kst_milli

_TIMESTAMP = re.compile(r"[0-9]{10}", re.ASCII)


def read_notice(call: InboundCall, settings: CommunityCenterSettings) -> Callback:
    """Verify and read one notice.

    Raises:
        CallbackRefusedError: it did not prove to be an office's, or cannot be read; with the answer to give.
    """
    _verify(call, settings)
    message = _read(call)
    header, body = message["header"], message["body"]
    if (header["providerOrganizationId"], header["providerSystemId"]) != (
        settings.consumer_organization_id,
        settings.consumer_system_id,
    ):
        raise _refusal(call, "1004", HTTPStatus.NOT_FOUND, "meant for another organization", header)
    if header["consumerOrganizationId"] != organization_id(body["rcptOrgCd"]):
        raise _refusal(call, "1003", HTTPStatus.FORBIDDEN, "one office speaks for another", header)
    try:
        fact = fact_from(body["stts"]) if "stts" in body else transfer_from(body)
    except BadReplyError:
        raise _refusal(call, "3001", HTTPStatus.BAD_REQUEST, "an impossible time or text", header) from None
    return Callback(
        wire_key=body["refRqstNo"],
        receipt=body["rcptNo"],
        facts=(fact,),
        office=body["rcptOrgCd"],
        reply=_answer(call, "0000", HTTPStatus.OK, header),
        nonce=body["ntcNo"],
    )


def _verify(call: InboundCall, settings: CommunityCenterSettings) -> None:
    """Check signature, then time: both must hold before a byte of the body is read."""
    timestamp = call.headers.get("x-linkage-timestamp", "")
    given = call.headers.get("x-linkage-signature", "").encode(errors="replace")
    secret = settings.callback_secret.get_secret_value()
    if not (secret and _TIMESTAMP.fullmatch(timestamp) and hmac.compare_digest(given, _sign(secret, timestamp, call))):
        raise _refusal(call, "1003", HTTPStatus.UNAUTHORIZED, "the signature does not hold")
    if abs(call.received_at - datetime.fromtimestamp(int(timestamp), UTC)) > TIME_WINDOW:
        raise _refusal(call, "1001", HTTPStatus.UNAUTHORIZED, "signed too long ago, or in the future")


def _sign(secret: str, timestamp: str, call: InboundCall) -> bytes:
    digest = hmac.digest(secret.encode(), timestamp.encode() + b"." + call.body, "sha256")
    return b"sha256=" + digest.hex().encode()


def _read(call: InboundCall) -> Mapping[str, Any]:
    """Read a message that is one of the two notices, by the integration that its header names."""
    try:
        message = read_json(call.body)
    except ValueError:
        raise _refusal(call, "3001", HTTPStatus.BAD_REQUEST, "no JSON in UTF-8") from None
    if not isinstance(message, dict) or "header" not in message:
        raise _refusal(call, "3002", HTTPStatus.BAD_REQUEST, "no header")
    header = message["header"]
    if CONTRACT.violation("RequestHeader", header) is not None:
        raise _refusal(call, "3001", HTTPStatus.BAD_REQUEST, "the header breaks the contract")
    schema = _notice_schemas().get((header["integrationId"], header["providerServiceId"]))
    if call.method != "POST" or schema is None:
        raise _refusal(call, "1005", HTTPStatus.NOT_FOUND, "no such service", header)
    broken = CONTRACT.violation(schema, message)
    if broken is not None:
        raise _refusal(call, "3001", HTTPStatus.BAD_REQUEST, f"breaks the contract at {'.'.join(broken)}", header)
    return message


def _notice_schemas() -> Mapping[tuple[str, str], str]:
    operations = CONTRACT.codes["operations"]
    schemas = {"status_notice": "StatusNoticeRequest", "transfer_notice": "TransferNoticeRequest"}
    return {
        (operations[name]["integrationId"], operations[name]["providerServiceId"]): schema
        for name, schema in schemas.items()
    }


def _refusal(
    call: InboundCall, code: str, status: HTTPStatus, why: str, header: Mapping[str, str] | None = None
) -> CallbackRefusedError:
    return CallbackRefusedError(f"{NAME}: notice refused: {why}", _answer(call, code, status, header or {}))


def _answer(call: InboundCall, code: str, status: HTTPStatus, header: Mapping[str, str]) -> InboundReply:
    """Write the contract's `Acknowledgement`: the request's ids as far as they were read, and a result code."""
    now = to_kst_milli(call.received_at)
    answer = {
        **{name: header.get(name, "") for name in IDS},
        "requestReceiveTime": now,
        "responseSendTime": now,
        "responseReceiveTime": "",
        "resultCode": code,
        "resultMessage": CONTRACT.codes["resultCode"][code]["ko"],
    }
    return InboundReply(status, write_json({"header": answer, "body": {}}))
