"""처리상태통보: what the agency tells the hub by itself, signed at every attempt. Assumed [A]."""

from __future__ import annotations

import base64
import hmac
import time

from mocks.ccrs.book import Application, Row
from mocks.kit.callbacks import Callback
from mocks.kit.json_contract import JsonContract, parse, to_bytes

STATUS_NOTICE = "status_notice"


def build_notice(contract: JsonContract, application: Application, row: Row, secret: str) -> Callback:
    """Write and sign the notice of one row, with the wall time of this moment. Its nonce is always the same."""
    notice = {"aplyNo": application.number, "clientRequestId": application.key, "hst": row.as_json()}
    contract.assure("StatusNotice", notice)
    body, timestamp = to_bytes(notice), str(int(time.time()))
    headers = (
        ("X-CCRS-Timestamp", timestamp),
        ("X-CCRS-Nonce", row.nonce),
        ("X-CCRS-Signature", sign(secret, timestamp, row.nonce, body)),
    )
    return Callback(body, "application/json; charset=utf-8", headers)


def sign(secret: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return the `X-CCRS-Signature` of a body that is sent at `timestamp` under `nonce`."""
    signed = b"\n".join((timestamp.encode(), nonce.encode(), body))
    return base64.b64encode(hmac.digest(secret.encode(), signed, "sha256")).decode()


def is_acknowledged(contract: JsonContract, status: int, body: bytes) -> bool:
    """Tell whether the hub answered as the contract asks: HTTP 200 and rsltCd 0000."""
    try:
        answer = parse(body)
    except ValueError:
        return False
    is_good = status == 200 and contract.check("Acknowledgement", answer) is None  # noqa: PLR2004 - HTTP's OK
    return is_good and answer["rsltCd"] == "0000"
