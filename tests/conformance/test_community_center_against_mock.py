"""The 시군 주민센터 adapter against the mock over real sockets: every verb, transfers, refusals, notices.

What its faults come to is the matter of `test_every_fault.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from community_center_bench import (
    GWACHEON,
    PROFILE,
    SECRET,
    SLUG,
    SUWON,
    UIJEONGBU,
    Desk,
    connected,
    document,
    new_key,
    subject_for,
)

from adapters.community_center import CommunityCenter
from adapters.community_center.mapping import FIELDS
from adapters.community_center.settings import CommunityCenterSettings
from adapters.sdk import (
    Acknowledged,
    BusyError,
    Callback,
    CallbackRefusedError,
    Delivered,
    Found,
    Gate,
    InboundCall,
    NotFound,
    RefusalReason,
    Refused,
    UncertainError,
    Wires,
)
from adapters.sdk.testing import AdapterSuite, Subject
from mocks.community_center import CommunityCenterMock
from mocks.kit.run import MockServer
from schemas.disclosure import Disclosure
from schemas.status import BusinessStatus

B = BusinessStatus


class TestConformance(AdapterSuite):
    """The adapter keeps every check of the suite."""

    @pytest.fixture
    async def subject(self) -> AsyncIterator[Subject]:
        async with MockServer([CommunityCenterMock], {SLUG: {"callback_secret": SECRET}}) as mocks:
            yield subject_for(mocks)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with connected() as desk:
        yield desk


async def test_a_referral_is_registered_and_found(desk: Desk) -> None:
    """It is in the office's ledger once, with the fields that were disclosed and no other."""
    key = new_key()
    delivered = await desk.submit(key)
    assert isinstance(delivered, Delivered)
    found = await desk.find(key)
    assert isinstance(found, Found)
    (told,) = found.facts
    assert (found.receipt, replace(told, serial=None)) == (delivered.receipt, delivered.facts[0])
    (act,) = desk.counter.desk.ledger.acts
    assert (act.key, act.receipt) == (key, delivered.receipt)
    assert {FIELDS[name] for name in act.fields if name != "refRqstNo"} <= PROFILE.discloses
    assert act.fields["tgtrNm"] == desk.counter.desk.ledger.digest("김나루")
    assert act.fields["rqstOpnn"] == desk.counter.desk.ledger.digest(
        "월세가 밀려 거처를 잃을 처지임.\n긴급지원이 필요함"
    )


async def test_the_same_key_gives_the_first_receipt(desk: Desk) -> None:
    """Registered twice, at whatever office: one act, one receipt, and the following moves to where it came first."""
    key = new_key()
    first, again, elsewhere = [await desk.submit(key), await desk.submit(key), await desk.submit(key, SUWON)]
    assert isinstance(first, Delivered)
    assert again == first
    assert isinstance(elsewhere, Delivered)
    assert (elsewhere.receipt, elsewhere.facts[0].office) == (first.receipt, UIJEONGBU)
    assert desk.acts() == [key]


async def test_a_key_that_nobody_registered_is_not_found(desk: Desk) -> None:
    """E401, which the hub believes at once: this agency settles immediately."""
    assert await desk.find(new_key()) == NotFound("E401")


async def test_a_wrong_office_transfers(desk: Desk) -> None:
    """의정부 takes a client of 수원 and transfers: the poll names office and receipt, where the following goes on."""
    key = new_key()
    delivered = await desk.submit(key, UIJEONGBU, document("4111710100"))
    assert isinstance(delivered, Delivered)
    found = await desk.find(key)
    assert isinstance(found, Found)
    moved = found.facts[-1]
    assert (moved.business, moved.office) == (B.TRANSFERRED, SUWON)
    assert moved.receipt is not None
    desk.advance(key, "assigned")
    assert await desk.status(key, moved.receipt, SUWON) == [B.RECEIVED, B.ASSIGNED]
    with pytest.raises(BusyError, match="E403"):
        await desk.withdraw(key, delivered.receipt)
    assert await desk.withdraw(key, moved.receipt, SUWON) == Acknowledged("92")
    assert desk.acts() == [key]


async def test_facts_come_in_order_with_their_words(desk: Desk) -> None:
    """접수 to 종결, as the office moves the case on."""
    key = new_key()
    delivered = await desk.submit(key)
    assert isinstance(delivered, Delivered)
    for state in ("assigned", "investigating", "decided", "in_service", "completed", "closed"):
        desk.advance(key, state)
    way = [B.RECEIVED, B.ASSIGNED, B.INVESTIGATING, B.APPROVED, B.IN_SERVICE, B.COMPLETED, B.CLOSED]
    assert await desk.status(key, delivered.receipt) == way
    for fault in ("duplicate_result", "out_of_order_result"):
        desk.fault(fault, "status")
        assert await desk.status(key, delivered.receipt) == way
    desk.fault("late_result", "status")
    assert await desk.status(key, delivered.receipt) == [B.RECEIVED]


async def test_a_supplement_answers_a_request(desk: Desk) -> None:
    """보완요청, then 보완제출: once, however often it is sent; unasked for it is refused."""
    key, supplement_key = new_key(), new_key()
    delivered = await desk.submit(key)
    assert isinstance(delivered, Delivered)
    unasked = await desk.supplement(key, delivered.receipt, supplement_key)
    assert isinstance(unasked, Refused)
    assert (unasked.reason, unasked.raw_code) == (RefusalReason.OTHER, "E402")
    desk.advance(key, "supplement", text="소득 서류를 보완하여 주십시오.")
    found = await desk.find(key)
    assert isinstance(found, Found)
    assert (found.facts[-1].text or "").startswith("소득 서류를 보완하여 주십시오.\n보완기한 ")
    desk.fault("accept_then_lose_reply", "supplement")
    with pytest.raises(UncertainError):
        await desk.supplement(key, delivered.receipt, supplement_key)
    desk.behave()
    assert await desk.supplement(key, delivered.receipt, supplement_key) == Acknowledged("30")
    assert desk.acts("supplement") == [key]


async def test_a_withdrawal_is_acknowledged_once(desk: Desk) -> None:
    """철회 twice changes nothing more; of an ended referral it is refused."""
    key, ended = new_key(), new_key()
    delivered, closed = await desk.submit(key), await desk.submit(ended)
    assert isinstance(delivered, Delivered)
    assert isinstance(closed, Delivered)
    assert [await desk.withdraw(key, delivered.receipt) for _ in range(2)] == [Acknowledged("92")] * 2
    assert len(desk.acts("withdraw")) == 1
    desk.advance(ended, "closed")
    refused = await desk.withdraw(ended, closed.receipt)
    assert isinstance(refused, Refused)
    assert refused.raw_code == "E402"


@pytest.mark.parametrize(
    ("office", "told", "reason", "code"),
    [
        (UIJEONGBU, document("1168010100"), RefusalReason.NOT_RESIDENT, "E201"),
        (GWACHEON, document("4129010100", "WEL-NEAR"), RefusalReason.OTHER, "E203"),
    ],
)
async def test_the_office_refuses(desk: Desk, office: str, told: Disclosure, reason: RefusalReason, code: str) -> None:
    """관할 아님 and 미제공 서비스: a value with the agency's code; nothing is registered."""
    refused = await desk.submit(new_key(), office, told)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.raw_code, desk.acts()) == (reason, code, [])


async def test_not_eligible_by_the_offices_decision(desk: Desk) -> None:
    """E202 대상 아님."""
    desk.counter.mock.advance({"refuse_next": "E202"})
    refused = await desk.submit(new_key())
    assert isinstance(refused, Refused)
    assert refused.reason is RefusalReason.NOT_ELIGIBLE


async def test_the_wish_to_wait_is_passed_on(desk: Desk) -> None:
    """Retry-After in seconds."""
    desk.fault("busy_503_retry_after", seconds=17)
    with pytest.raises(BusyError) as caught:
        await desk.submit(new_key())
    assert caught.value.retry_after_seconds == 17


class Hub:
    """Takes the offices' notices as the hub does: whatever the adapter says is the answer."""

    def __init__(self, adapter: CommunityCenter) -> None:
        self._adapter = adapter
        self.read: asyncio.Queue[Callback | CallbackRefusedError] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one call and close."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        call = InboundCall(first.split()[0], "", headers, body, datetime.now(UTC))
        try:
            read: Callback | CallbackRefusedError = self._adapter.read_callback(call)
        except CallbackRefusedError as refused:
            read = refused
        writer.write(f"HTTP/1.1 {read.reply.status} X\r\nContent-Length: {len(read.reply.body)}\r\n".encode())
        writer.write(b"Content-Type: application/json\r\nConnection: close\r\n\r\n" + read.reply.body)
        await writer.drain()
        writer.close()
        self.read.put_nowait(read)

    async def next(self) -> Callback:
        """Wait for the next notice, which must have been understood."""
        read = await asyncio.wait_for(self.read.get(), 10)
        assert isinstance(read, Callback)
        return read


async def test_notices_are_understood_and_acknowledged(desk: Desk) -> None:
    """진행상태통보 and 이송통보 as the office signs them; the office takes our answer for an acknowledgement."""
    hub = Hub(desk.adapter)
    server = await asyncio.start_server(hub.serve, "127.0.0.1", 0)
    desk.counter.call_back_to(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/callbacks/{SLUG}")
    key = new_key()
    delivered = await desk.submit(key)
    assert isinstance(delivered, Delivered)
    desk.advance(key, "assigned")
    assigned = await hub.next()
    assert (assigned.wire_key, assigned.receipt, assigned.facts[0].business) == (key, delivered.receipt, B.ASSIGNED)
    desk.advance(key, "transferred", office=SUWON)
    moved = await hub.next()
    assert (moved.receipt, moved.facts[0].business, moved.facts[0].office) == (delivered.receipt, B.TRANSFERRED, SUWON)
    desk.advance(key, "closed", reason="03")
    closed = await hub.next()
    assert (closed.receipt, closed.facts[0].outcome) == (moved.facts[0].receipt, "no_budget")
    found = await desk.find(key)
    assert isinstance(found, Found)
    assert found.facts[-1] == moved.facts[0]
    assert len({assigned.nonce, moved.nonce, closed.nonce}) == 3
    server.close()
    await server.wait_closed()
    calls = [entry for entry in desk.counter.desk.journal.as_json(SLUG)["entries"] if entry["direction"] == "out"]
    assert [entry["accepted"] for entry in calls] == [True, True, True]


async def test_a_notice_under_another_secret_is_refused(desk: Desk) -> None:
    """An office that does not share our secret is nobody."""
    hub = Hub(CommunityCenter(CommunityCenterSettings(callback_secret="another"), Wires(SLUG, Gate())))
    server = await asyncio.start_server(hub.serve, "127.0.0.1", 0)
    desk.counter.call_back_to(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    key = new_key()
    await desk.submit(key)
    desk.advance(key, "assigned")
    refused = await asyncio.wait_for(hub.read.get(), 10)
    assert isinstance(refused, CallbackRefusedError)
    assert json.loads(refused.reply.body)["header"]["resultCode"] == "1003"
    await desk.counter.desk.callbacks.stop()
    server.close()
    await server.wait_closed()


def test_adapter_and_auditor_agree_on_the_fields() -> None:
    """Two tables, written apart: which wire field carries which field of the common schema."""
    table = json.loads((files("mocks") / SLUG / "fields.json").read_text(encoding="utf-8"))
    assert {name: path for name, path in table.items() if path is not None} == FIELDS
