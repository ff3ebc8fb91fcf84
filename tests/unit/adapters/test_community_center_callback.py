"""Notices of the offices: who may tell us something, what is read of it, and the answer in their own envelope."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from community_center_samples import GOLDEN, KEY, RECEIPT, SECRET, changed
from hypothesis import given
from hypothesis import strategies as st

from adapters.community_center.callback import read_notice
from adapters.community_center.contract import CONTRACT
from adapters.community_center.settings import CommunityCenterSettings
from adapters.sdk import CallbackRefusedError, InboundCall
from schemas.status import BusinessStatus, OutcomeCode

SETTINGS = CommunityCenterSettings(callback_secret=SECRET)
NOW = datetime(2024, 5, 9, 1, tzinfo=UTC)
TIMESTAMP = "1715216400"
"""The same moment."""

# Made with: (printf '1715216400.'; cat <file>) | openssl dgst -sha256 -hmac gildong-test-secret
SIGNATURES = {
    "status_notice": "sha256=136064d61286248f4dc9a48fb490b95c07661bc73808317eb4df496a783d2ffe",
    "transfer_notice": "sha256=49a6b8d9a0fa7e1809133f6b0f647d7b677841072b5e5fceacc0b9592a2a2858",
}


def call(
    body: bytes, signature: str, timestamp: str = TIMESTAMP, at: datetime = NOW, method: str = "POST"
) -> InboundCall:
    headers = {"content-type": "application/json", "x-linkage-timestamp": timestamp, "x-linkage-signature": signature}
    return InboundCall(method, "", headers, body, at)


def golden_call(name: str) -> InboundCall:
    """Return a hand-made notice, signed with openssl."""
    return call((GOLDEN / f"adapter_{name}.json").read_bytes(), SIGNATURES[name])


def signed(message: Any, timestamp: str = TIMESTAMP, secret: str = SECRET) -> InboundCall:
    """Sign a message (or bytes) as an office would."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return call(
        body, "sha256=" + hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex(), timestamp
    )


def answer_of(body: bytes) -> Mapping[str, str]:
    """Return the header of an answer, which must be the contract's acknowledgement."""
    message = json.loads(body)
    assert CONTRACT.violation("Acknowledgement", message) is None
    header: Mapping[str, str] = message["header"]
    return header


def test_a_status_notice_is_read_and_acknowledged() -> None:
    """Key, receipt, the fact with its outcome, the notice's number against replay, and 0000 in the envelope."""
    read = read_notice(golden_call("status_notice"), SETTINGS)
    (fact,) = read.facts
    assert (read.wire_key, read.receipt, read.nonce) == (KEY, RECEIPT, f"{RECEIPT}-0005")
    assert (fact.business, fact.raw_code, fact.outcome) == (BusinessStatus.CLOSED, "90", OutcomeCode.HELPED)
    header = answer_of(read.reply.body)
    assert (read.reply.status, header["resultCode"], header["integrationId"]) == (200, "0000", "INT00011")
    assert (header["requestSendTime"], header["requestReceiveTime"]) == ("20240509100000000", "20240509100000000")


def test_a_transfer_notice_names_the_new_office() -> None:
    """이송통보 is about the old receipt; its fact carries office and receipt of the new one."""
    read = read_notice(golden_call("transfer_notice"), SETTINGS)
    (fact,) = read.facts
    assert (read.receipt, fact.business) == (RECEIPT, BusinessStatus.TRANSFERRED)
    assert (fact.office, fact.receipt) == ("3740000", "3740000-20240508-000007")
    assert fact.occurred_at == datetime(2024, 5, 8, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [-301, -300, 0, 300, 301])
def test_the_time_window_is_300_seconds_both_ways(seconds: int) -> None:
    """An old notice is no news, and one from the future was not signed now."""
    notice = golden_call("status_notice")
    late = InboundCall(notice.method, "", notice.headers, notice.body, NOW + timedelta(seconds=seconds))
    if abs(seconds) <= 300:
        assert read_notice(late, SETTINGS).receipt == RECEIPT
    else:
        assert refusal(late) == (401, "1001")


def refusal(refused: InboundCall, settings: CommunityCenterSettings = SETTINGS) -> tuple[int, str]:
    """Return HTTP status and result code of a refusal, whose text and answer must not hold what came."""
    with pytest.raises(CallbackRefusedError) as caught:
        read_notice(refused, settings)
    texts = f"{caught.value} {caught.value!r} {caught.value.reply.body.decode()}"
    assert [value for value in ("홍길동", KEY, RECEIPT, SECRET) if value in texts] == []
    return caught.value.reply.status, answer_of(caught.value.reply.body)["resultCode"]


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        SIGNATURES["transfer_notice"],
        SIGNATURES["status_notice"].upper(),
        SIGNATURES["status_notice"][7:],
        "sha256=\ud800",
        "서명",
    ],
)
def test_a_wrong_signature_is_refused(signature: str) -> None:
    """None, another message's, another spelling, or no text at all: all the same answer."""
    body = (GOLDEN / "adapter_status_notice.json").read_bytes()
    assert refusal(call(body, signature)) == (401, "1003")


@given(st.data())
def test_any_changed_byte_breaks_the_signature(data: st.DataObject) -> None:
    """Body and time stamp are both signed."""
    notice = golden_call("status_notice")
    position = data.draw(st.integers(0, len(notice.body) - 1))
    body = bytearray(notice.body)
    body[position] ^= data.draw(st.integers(1, 255))
    assert refusal(call(bytes(body), SIGNATURES["status_notice"])) == (401, "1003")
    assert refusal(call(notice.body, SIGNATURES["status_notice"], "1715216401")) == (401, "1003")


@pytest.mark.parametrize("timestamp", ["", "171521640", "1715216400.0", "+715216400", "١٧١٥٢١٦٤٠٠", "soon"])
def test_a_time_stamp_has_ten_digits(timestamp: str) -> None:
    """Anything else is refused, even if it is signed."""
    assert refusal(signed(changed("status_notice"), timestamp)) == (401, "1003")


def test_without_headers_or_secret_nobody_is_believed() -> None:
    """An empty secret signs nothing: a hub without one refuses every notice."""
    body = (GOLDEN / "adapter_status_notice.json").read_bytes()
    assert refusal(InboundCall("POST", "", {}, body, NOW)) == (401, "1003")
    assert refusal(signed(changed("status_notice"), secret=""), CommunityCenterSettings()) == (401, "1003")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"", (400, "3001")),
        (b"\xff\xfe", (400, "3001")),
        (b"[" * 200_000, (400, "3001")),
        (b'{"header": NaN}', (400, "3001")),
        ([], (400, "3002")),
        ({"body": {"tgtrNm": "홍길동"}}, (400, "3002")),
        ({"header": [], "body": {}}, (400, "3001")),
        (changed("status_notice", header={"integrationId": "INT00012"}), (404, "1005")),
        (changed("status_notice", header={"providerServiceId": "SRV00001"}), (404, "1005")),
        (changed("status_notice", header={"providerOrganizationId": "ORG00002"}), (404, "1004")),
        (changed("status_notice", header={"consumerOrganizationId": "ORG37400"}), (403, "1003")),
        (changed("status_notice", header={"resultCode": "0000"}), (400, "3001")),
        (changed("status_notice", body={"ntcNo": "홍길동"}), (400, "3001")),
        (changed("status_notice", body={"stts": None}), (400, "3001")),
        (changed("transfer_notice", body={"trnsfOrgCd": None}), (400, "3001")),
        (changed("transfer_notice", body={"prgrDt": "20240230000000"}), (400, "3001")),
    ],
)  # fmt: skip
def test_signed_nonsense_is_refused_in_the_envelope(message: Any, expected: tuple[int, str]) -> None:
    """Unreadable, incomplete, impossible, or meant for somebody else: each with its result code, never with values."""
    assert refusal(signed(message)) == expected


def test_only_a_post_is_a_notice() -> None:
    """A signed body under another method is no service."""
    notice = golden_call("status_notice")
    assert refusal(call(notice.body, SIGNATURES["status_notice"], method="PUT")) == (404, "1005")


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    """Whatever arrives, even signed: a refusal in the contract's form, never another exception."""
    with pytest.raises(CallbackRefusedError):
        read_notice(signed(body), SETTINGS)
