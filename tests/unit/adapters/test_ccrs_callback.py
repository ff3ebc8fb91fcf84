"""처리상태통보: who may tell us something, what is read of it, and the answer in the agency's own form."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ccrs_samples import KEY, RECEIPT, SECRET, compact, golden
from hypothesis import given
from hypothesis import strategies as st

from adapters.ccrs.callback import read_notice
from adapters.ccrs.contract import CONTRACT
from adapters.ccrs.settings import CcrsSettings
from adapters.sdk import CallbackRefusedError, InboundCall
from schemas.status import BusinessStatus

SETTINGS = CcrsSettings(callback_secret=SECRET)
SIGNED = golden("status_notice.signed")
BODY, TIMESTAMP, NONCE, SIGNATURE = (SIGNED[name] for name in ("body", "timestamp", "nonce", "signature"))
NOW = datetime.fromtimestamp(int(TIMESTAMP), UTC)


def call(body: bytes = BODY.encode(), at: datetime = NOW, method: str = "POST", **headers: str) -> InboundCall:
    """Return the golden notice with some parts changed; a header of None is left out."""
    told = {"timestamp": TIMESTAMP, "nonce": NONCE, "signature": SIGNATURE} | headers
    return InboundCall(method, "", {f"x-ccrs-{name}": value for name, value in told.items()}, body, at)


def signed(message: Any, secret: str = SECRET, timestamp: str = TIMESTAMP, nonce: str = NONCE) -> InboundCall:
    """Sign a message (or bytes) as the agency would."""
    body = message if isinstance(message, bytes) else compact(message)
    text = f"{timestamp}\n{nonce}\n".encode() + body
    signature = base64.b64encode(hmac.digest(secret.encode(), text, "sha256")).decode()
    return call(body, timestamp=timestamp, nonce=nonce, signature=signature)


def changed(**changes: Any) -> Mapping[str, Any]:
    """Return the golden notice with some of its row changed."""
    notice = json.loads(BODY)
    return notice | {"hst": notice["hst"] | changes}


def refusal(refused: InboundCall, settings: CcrsSettings = SETTINGS) -> tuple[int, str]:
    """Return HTTP status and code of a refusal, whose text and answer must not hold what came."""
    with pytest.raises(CallbackRefusedError) as caught:
        read_notice(refused, settings)
    answer = json.loads(caught.value.reply.body)
    assert CONTRACT.violation("Acknowledgement", answer) is None
    texts = f"{caught.value} {caught.value!r} {caught.value.reply.body.decode()}"
    assert [value for value in ("8년", KEY, RECEIPT, SECRET, NONCE) if value in texts] == []
    return caught.value.reply.status, answer["rsltCd"]


def test_the_golden_notice_is_read_and_acknowledged() -> None:
    """Signed with openssl under a secret that is not ASCII: key, number, fact, and the nonce against replay."""
    read = read_notice(call(), SETTINGS)
    (fact,) = read.facts
    assert (read.wire_key, read.receipt, read.nonce, read.office) == (KEY, RECEIPT, NONCE, None)
    assert (fact.business, fact.raw_code, fact.serial) == (BusinessStatus.APPROVED, "10", "2")
    assert (fact.occurred_at, fact.text) == (datetime(2025, 2, 3, tzinfo=UTC), "8년 분할상환으로 확정함.")
    assert (read.reply.status, json.loads(read.reply.body)) == (200, {"rsltCd": "0000"})


@pytest.mark.parametrize("seconds", [-301, -300, 0, 300, 301])
def test_the_time_window_is_300_seconds_both_ways(seconds: int) -> None:
    """An old notice is no news, and one from the future was not signed now."""
    late = call(at=NOW + timedelta(seconds=seconds))
    if abs(seconds) <= 300:
        assert read_notice(late, SETTINGS).receipt == RECEIPT
    else:
        assert refusal(late) == (401, "9002")


@given(st.data())
def test_any_changed_part_breaks_the_signature(data: st.DataObject) -> None:
    """Body, time stamp and nonce are all signed."""
    position = data.draw(st.integers(0, len(BODY.encode()) - 1))
    body = bytearray(BODY.encode())
    body[position] ^= data.draw(st.integers(1, 255))
    assert refusal(call(bytes(body))) == (401, "9001")
    assert refusal(call(timestamp=str(int(TIMESTAMP) + 1))) == (401, "9001")
    assert refusal(call(nonce=NONCE[::-1])) == (401, "9001")


@pytest.mark.parametrize("signature", ["", SIGNATURE[:-1], SIGNATURE.lower(), "서명", "\ud800", "A" * 43 + "="])
def test_a_wrong_signature_is_refused(signature: str) -> None:
    """None, half of one, another spelling, no text at all: all the same answer."""
    assert refusal(call(signature=signature)) == (401, "9001")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timestamp", ""), ("timestamp", "173854080"), ("timestamp", "1738540800.0"), ("timestamp", "١٧٣٨٥٤٠٨٠٠"),
        ("nonce", ""), ("nonce", NONCE[1:]), ("nonce", NONCE.upper()), ("nonce", f"{NONCE}\n"),
    ],
)  # fmt: skip
def test_time_stamp_and_nonce_have_one_form(name: str, value: str) -> None:
    """Anything else is refused, even if it is signed."""
    assert refusal(signed(BODY.encode(), **{name: value})) == (401, "9001")


def test_without_headers_or_secret_nobody_is_believed() -> None:
    """An empty secret signs nothing: a hub without one refuses every notice."""
    assert refusal(InboundCall("POST", "", {}, BODY.encode(), NOW)) == (401, "9001")
    assert refusal(signed(BODY.encode(), secret=""), CcrsSettings()) == (401, "9001")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"", "9003"),
        (b"\xff\xfe", "9003"),
        (b"[" * 200_000, "9003"),
        (b'{"aplyNo": NaN}', "9003"),
        ([], "9003"),
        (changed(prcsSttsCd="99"), "9003"),
        (changed(prcsDt="20250230000000"), "9003"),
        (changed(prcsSttsCd="90"), "9003"),
        (changed(custNm="홍길동"), "9003"),
    ],
)
def test_signed_nonsense_is_refused(message: Any, code: str) -> None:
    """Unreadable, incomplete, impossible: refused with its code, never with values."""
    assert refusal(signed(message)) == (400, code)


def test_only_a_post_to_the_address_itself_is_a_notice() -> None:
    """A signed body under another method or path is no service."""
    assert refusal(call(method="PUT")) == (404, "9004")
    elsewhere = call()
    assert refusal(InboundCall("POST", "/else", elsewhere.headers, elsewhere.body, NOW)) == (404, "9004")


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    """Whatever arrives, even signed: a refusal in the contract's form, never another exception."""
    with pytest.raises(CallbackRefusedError):
        read_notice(signed(body), SETTINGS)
