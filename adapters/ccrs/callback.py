"""처리상태통보: verifies who sent a notice, reads it, and writes the answer. No I/O; assumed [A].

`X-CCRS-Signature` is the Base64 HMAC-SHA256, under the shared secret, of `X-CCRS-Timestamp` (Unix seconds of the wall
clock), LF, `X-CCRS-Nonce`, LF, and the body's bytes. The nonce is the notice's own: a second one is a replay.
"""

from __future__ import annotations

import base64
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.ccrs.contract import CONTRACT, NAME
from adapters.ccrs.replies import fact_from
from adapters.ccrs.settings import CcrsSettings
from adapters.sdk import BadReplyError, Callback, CallbackRefusedError, InboundCall, InboundReply
from adapters.sdk.json_contract import read_json, write_json

TIME_WINDOW = timedelta(seconds=300)
"""How far two wall clocks may be apart, both ways, by the contract."""

_TIMESTAMP = re.compile(r"[0-9]{10}", re.ASCII)
_NONCE = re.compile(r"[0-9a-f]{32}", re.ASCII)


def read_notice(call: InboundCall, settings: CcrsSettings) -> Callback:
    """Verify and read one notice.

    Raises:
        CallbackRefusedError: it did not prove to be the agency's, or cannot be read; with the answer to give.
    """
    nonce = _verified_nonce(call, settings)
    if call.method != "POST" or call.path not in {"", "/"}:
        raise _refusal("9004", "no such service")
    notice = _read(call.body)
    try:
        fact = fact_from(notice["hst"])
    except BadReplyError:
        raise _refusal("9003", "an impossible time") from None
    return Callback(
        wire_key=notice["clientRequestId"],
        receipt=notice["aplyNo"],
        facts=(fact,),
        reply=_answer("0000"),
        nonce=nonce,
    )


def _verified_nonce(call: InboundCall, settings: CcrsSettings) -> str:
    """Check signature, then time: both must hold before a byte of the body is read. Return the nonce, which is signed.

    Raises:
        CallbackRefusedError: one does not.
    """
    timestamp, nonce = call.headers.get("x-ccrs-timestamp", ""), call.headers.get("x-ccrs-nonce", "")
    given = call.headers.get("x-ccrs-signature", "").encode(errors="replace")
    secret = settings.callback_secret.get_secret_value()
    well_formed = secret and _TIMESTAMP.fullmatch(timestamp) and _NONCE.fullmatch(nonce)
    if not (well_formed and hmac.compare_digest(given, _sign(secret, timestamp, nonce, call.body))):
        raise _refusal("9001", "the signature does not hold")
    if abs(call.received_at - datetime.fromtimestamp(int(timestamp), UTC)) > TIME_WINDOW:
        raise _refusal("9002", "signed too long ago, or in the future")
    return nonce


def _sign(secret: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    signed = f"{timestamp}\n{nonce}\n".encode("ascii") + body
    return base64.b64encode(hmac.digest(secret.encode(), signed, "sha256"))


def _read(body: bytes) -> Any:
    try:
        notice = read_json(body)
    except ValueError:
        raise _refusal("9003", "no JSON in UTF-8") from None
    broken = CONTRACT.violation("StatusNotice", notice)
    if broken is not None:
        raise _refusal("9003", f"breaks the contract at {'.'.join(broken) or 'its root'}")
    return notice


def _refusal(code: str, why: str) -> CallbackRefusedError:
    return CallbackRefusedError(f"{NAME}: notice refused: {why}", _answer(code))


def _answer(code: str) -> InboundReply:
    """Write the contract's `Acknowledgement`."""
    return InboundReply(CONTRACT.codes["rsltCd"][code]["http"], write_json({"rsltCd": code}))
