"""Notices: what an office tells the hub by itself (진행상태통보, 이송통보), signed at every attempt. Assumed [A]."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from typing import Any

from mocks.community_center.cases import Case, Fact, Leg
from mocks.community_center.contract import CONTRACT
from mocks.community_center.envelope import notice_header
from mocks.kit.callbacks import Callback
from mocks.kit.json_contract import parse, to_bytes
from mocks.kit.kst import stamp

STATUS_NOTICE = "status_notice"
TRANSFER_NOTICE = "transfer_notice"


def notice_of(fact: Fact) -> str:
    """Name the notice that tells `fact`."""
    return TRANSFER_NOTICE if fact.state == "transferred" else STATUS_NOTICE


def build_notice(case: Case, leg: Leg, fact: Fact, secret: str) -> Callback:
    """Write and sign the notice of one fact, with the wall time of this moment."""
    name = notice_of(fact)
    message = {"header": notice_header(name, leg.office), "body": _body(case, leg, fact)}
    CONTRACT.assure("TransferNoticeRequest" if name == TRANSFER_NOTICE else "StatusNoticeRequest", message)
    body, timestamp = to_bytes(message), str(int(time.time()))
    headers = (("X-Linkage-Timestamp", timestamp), ("X-Linkage-Signature", sign(secret, timestamp, body)))
    return Callback(body, "application/json; charset=utf-8", headers)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the `X-Linkage-Signature` of a body that is sent at `timestamp`."""
    return "sha256=" + hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex()


def is_acknowledged(status: int, body: bytes) -> bool:
    """Tell whether the hub answered as the contract asks: HTTP 200 and an envelope with resultCode 0000."""
    try:
        message = parse(body)
    except ValueError:
        return False
    is_good = status == 200 and CONTRACT.check("Acknowledgement", message) is None  # noqa: PLR2004 - HTTP's OK
    return is_good and message["header"]["resultCode"] == "0000"


def _body(case: Case, leg: Leg, fact: Fact) -> Mapping[str, Any]:
    common = {
        "ntcNo": f"{leg.receipt}-{fact.number:04d}",
        "rcptNo": leg.receipt,
        "rcptOrgCd": leg.office.code,
        "refRqstNo": case.key,
    }
    if fact.state == "transferred":
        return {**common, "sttsSn": fact.number, "prgrDt": stamp(fact.at), **fact.details}
    return {**common, "stts": fact.as_json()}
