"""What the mock 시군 주민센터 sends by itself, and how it misbehaves in its own envelope."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from center_wire import GOLDEN, OFFICE, Centre, fresh, golden, timeless
from kit_bench import Listener, listening, until

from mocks.community_center import CommunityCenterMock
from mocks.community_center.contract import CONTRACT
from mocks.community_center.misbehaviour import OWN_FAULTS
from mocks.community_center.notices import is_acknowledged, sign
from mocks.kit import callbacks
from mocks.kit.run import MockServer

KEY = "NARU2501020000000001"
SECRET = "test-secret-나루"


@pytest.fixture
async def hub() -> AsyncIterator[Listener]:
    async with listening() as listener:
        listener.body = json.dumps(golden("status_notice.reply")).encode()
        yield listener


@pytest.fixture
async def mocks(hub: Listener) -> AsyncIterator[MockServer]:
    settings = {"community_center": {"callback_url": hub.url, "callback_secret": SECRET}}
    async with MockServer([CommunityCenterMock], settings) as server:
        yield server


@pytest.fixture
async def centre(mocks: MockServer) -> AsyncIterator[Centre]:
    async with httpx.AsyncClient(base_url=mocks.url_of("community_center")) as client:
        yield Centre(client)


def test_the_signature_is_the_golden_one() -> None:
    """HMAC-SHA256 over timestamp, dot and the body's bytes, as openssl computes it."""
    signed = json.loads((GOLDEN / "status_notice.signed.json").read_text(encoding="utf-8"))
    assert sign(signed["secret"], signed["timestamp"], signed["body"].encode()) == signed["signature"]


async def test_each_step_sends_its_signed_notice(hub: Listener, centre: Centre) -> None:
    """진행상태통보 goes out as in the golden message, signed over the bytes that arrive."""
    await centre.register()
    await centre.advance(key=KEY, to="assigned")
    await until(lambda: len(hub.received) == 1)
    (notice,) = hub.received
    message, headers = json.loads(notice.body), notice.headers
    assert timeless(message) == timeless(golden("status_notice.request"))
    assert sign(SECRET, headers["x-linkage-timestamp"], notice.body) == headers["x-linkage-signature"]
    assert headers["content-type"] == "application/json; charset=utf-8"


async def test_a_transfer_sends_its_own_notice(hub: Listener, centre: Centre) -> None:
    """이송통보 comes from the old office and names the new one; later notices come from the new one."""
    await centre.register("register_wrong_office.request")
    await centre.advance(key=KEY, to="investigating")
    await until(lambda: len(hub.received) == 2)
    transfer, status = (json.loads(notice.body) for notice in hub.received)
    assert timeless(transfer) == timeless(golden("transfer_notice.request"))
    assert (status["body"]["rcptOrgCd"], status["body"]["rcptNo"]) == ("4070000", transfer["body"]["trnsfRcptNo"])


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, json.dumps(golden("status_notice.reply")).encode(), True),
        (202, json.dumps(golden("status_notice.reply")).encode(), False),
        (200, b"", False),
        (200, b"[]", False),
        (200, json.dumps(golden("status_unknown.reply")).encode(), False),
        (200, json.dumps(golden("invalid_time.reply")).encode(), False),
    ],
)
def test_only_the_contracts_own_form_acknowledges(status: int, body: bytes, expected: bool) -> None:
    """HTTP 200 with an envelope that says 0000, and nothing else."""
    assert is_acknowledged(status, body) is expected


async def test_an_unacknowledged_notice_keeps_its_number(
    hub: Listener,
    centre: Centre,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The notice comes again with the same 통보번호 until it is acknowledged in the envelope."""
    monkeypatch.setattr(callbacks, "PAUSES", (0.0,) * 1000)
    good, hub.body = hub.body, b"ok"
    await centre.register()
    await centre.advance(key=KEY, to="assigned")
    await until(lambda: len(hub.received) > 1)
    hub.body = good
    assert len({json.loads(notice.body)["body"]["ntcNo"] for notice in hub.received}) == 1


async def misbehave(mocks: MockServer, centre: Centre, fault: str, name: str) -> httpx.Response:
    mocks.counters["community_center"].faults.set({"faults": [{"name": fault}]})
    return await centre.send(fresh(golden(name)))


@pytest.mark.parametrize(
    ("fault", "status", "code", "acts"),
    [
        ("agency_fault_200", 200, "3003", 0),
        ("agency_fault_500", 500, "3003", 0),
        ("agency_fault_after_acceptance", 200, "4001", 1),
    ],
)
async def test_technical_failures(
    mocks: MockServer,
    centre: Centre,
    fault: str,
    status: int,
    code: str,
    acts: int,
) -> None:
    """A failure in the envelope keeps to the contract; whether the act happened cannot be seen from it."""
    answer = await misbehave(mocks, centre, fault, "register.request")
    made = len(mocks.counters["community_center"].desk.ledger.acts)
    assert (answer.status_code, answer.json()["header"]["resultCode"], made) == (status, code, acts)
    assert CONTRACT.check("RegisterReply", answer.json()) is None


@pytest.mark.parametrize(
    ("name", "right", "given"),
    [
        ("register.request", "RegisterReply", "WithdrawReply"),
        ("status_by_key.request", "StatusReply", "RegisterReply"),
        ("supplement.request", "SupplementReply", "RegisterReply"),
    ],
)
async def test_another_operations_reply(mocks: MockServer, centre: Centre, name: str, right: str, given: str) -> None:
    """The answer is a good one, but of another operation: the schema of the right one does not accept it."""
    answer = (await misbehave(mocks, centre, "other_operation_reply", name)).json()
    assert (CONTRACT.check(given, answer), CONTRACT.check(right, answer) is None) == (None, False)


@pytest.mark.parametrize(
    ("fault", "numbers"),
    [("late_result", [1]), ("duplicate_result", [1, 1, 2, 2]), ("out_of_order_result", [2, 1])],
)
async def test_results_that_are_late_double_or_out_of_order(
    mocks: MockServer,
    centre: Centre,
    fault: str,
    numbers: list[int],
) -> None:
    """The rows of a status answer are rearranged, and nothing else."""
    await centre.register()
    await centre.advance(key=KEY, to="assigned")
    answer = (await misbehave(mocks, centre, fault, "status_by_key.request")).json()
    assert [row["sttsSn"] for row in answer["body"]["sttsList"]] == numbers
    assert CONTRACT.check("StatusReply", answer) is None


@pytest.mark.parametrize("fault", sorted(OWN_FAULTS))
async def test_own_faults_survive_garbage(mocks: MockServer, centre: Centre, fault: str) -> None:
    """A request that cannot be read, or found, is answered all the same."""
    mocks.counters["community_center"].faults.set({"faults": [{"name": fault}]})
    for path, content in (
        ("/status", b"{}"),
        ("", b"garbage"),
        ("/status", json.dumps(fresh(golden("status_by_key.request")))),
    ):
        answer = await centre.client.post(
            f"/{OFFICE}/referrals{path}",
            content=content,
            headers={"Content-Type": "application/json"},
        )
        assert answer.json()["header"]["resultCode"]


async def test_a_hidden_registration_is_found_later(mocks: MockServer, centre: Centre) -> None:
    """`accept_then_hide`: E401 until the business clock has passed; a second arrival gets the receipt at once."""
    counter = mocks.counters["community_center"]
    counter.faults.set({"faults": [{"name": "accept_then_hide", "operation": "register", "times": 1}]})
    with pytest.raises(httpx.RemoteProtocolError):
        await centre.call("register.request")
    hidden = await centre.call("status_by_key.request")
    again = await centre.call("register.request")
    mocks.clock.advance(46)
    found = await centre.call("status_by_key.request")
    assert (hidden["body"]["errCd"], again["body"]["dplctYn"], found["body"]["prgrSttsCd"]) == ("E401", "Y", "10")
    assert len(counter.desk.ledger.acts) == 1
