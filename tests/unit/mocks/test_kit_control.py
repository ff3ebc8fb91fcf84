from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from kit_bench import FerryMock

from mocks.kit.fault_catalogue import CATALOGUE
from mocks.kit.run import MockServer


@pytest.fixture
async def mocks() -> AsyncIterator[MockServer]:
    async with MockServer([FerryMock], {"*": {"callback_secret": "test"}}) as server:
        yield server


@pytest.fixture
async def control(mocks: MockServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{mocks.base_url}/_mock") as client:
        yield client


async def test_ledger_and_journal_hold_no_clear_value(mocks: MockServer, control: httpx.AsyncClient) -> None:
    """After a registration both books name its field, and neither shows what stood in it."""
    await control.post(f"{mocks.url_of('ferry')}/register", content="홍길동")
    ledger, journal = (await control.get("/ferry/ledger")), (await control.get("/ferry/journal"))
    (act,), (entry,) = ledger.json()["acts"], journal.json()["entries"]
    assert (
        ledger.json()["slug"],
        act["key"],
        act["receipt"],
        act["state"],
        list(act["fields"]),
        len(act["fields"]["name"]),
    ) == ("ferry", "K-1", "R-1", "received", ["name"], 64)
    assert tuple(
        entry[name]
        for name in ("direction", "operation", "key", "fields", "bytes", "status", "accepted", "reply_complete")
    ) == ("in", "register", "K-1", ["name"], 9, 200, True, True)
    assert ("홍길동" in ledger.text, "홍길동" in journal.text) == (False, False)


async def test_faults_can_be_set_read_and_counted(mocks: MockServer, control: httpx.AsyncClient) -> None:
    """What is set comes back with how often it struck; an empty list ends it."""
    wanted = {"seed": 5, "faults": [{"name": "busy_503", "operation": "find", "rate": 1, "times": 2}]}
    put = await control.put("/ferry/faults", json=wanted)
    await control.post(f"{mocks.url_of('ferry')}/find")
    (rule,) = (await control.get("/ferry/faults")).json()["faults"]
    cleared = await control.put("/ferry/faults", json={"faults": []})
    assert (put.status_code, put.json()["seed"], rule["struck"], cleared.json()["faults"]) == (200, 5, 1, [])


async def test_the_catalogue_describes_itself(control: httpx.AsyncClient) -> None:
    """`GET /_mock/faults` says of each fault what it does and whether the business act happens."""
    listed = (await control.get("/faults")).json()["faults"]
    by_name = {fault["name"]: fault for fault in listed}
    assert list(CATALOGUE) == list(by_name)
    assert tuple(
        by_name[name]["business_act_happens"] for name in ("accept_then_lose_reply", "busy_503", "late_callback")
    ) == (True, False, True)


async def test_agencies_are_listed(mocks: MockServer, control: httpx.AsyncClient) -> None:
    """A tester learns addresses, operations and own faults of each agency."""
    (agency,) = (await control.get("/agencies")).json()["agencies"]
    assert ("ferry", mocks.url_of("ferry"), mocks.counters["ferry"].own_url, ["register", "find"]) == (
        agency["slug"],
        agency["base_url"],
        agency["own_url"],
        agency["operations"],
    )


async def test_reset_forgets_everything(mocks: MockServer, control: httpx.AsyncClient) -> None:
    """After a reset: empty books, no faults, wall time, and a new agency object."""
    before = mocks.counters["ferry"].mock
    await control.post(f"{mocks.url_of('ferry')}/register", content="x")
    await control.put("/ferry/faults", json={"faults": [{"name": "busy_503"}]})
    await control.post("/clock", json={"advance_seconds": 60})
    answer = await control.post("/reset")
    books = [(await control.get(f"/ferry/{book}")).json() for book in ("ledger", "journal", "faults")]
    assert (
        answer.json()["reset"],
        answer.json()["clock"]["offset_seconds"],
        books[0]["acts"],
        books[1]["entries"],
        books[2]["faults"],
    ) == (["ferry"], 0.0, [], [], [])
    assert before is not mocks.counters["ferry"].mock


async def test_the_callback_address_can_be_set_later(mocks: MockServer, control: httpx.AsyncClient) -> None:
    """The hub's port may be known only after the mocks have started."""
    url = "http://127.0.0.1:8000/v1/callbacks/ferry"
    answer = await control.put("/ferry/callback", json={"url": url})
    assert (200, url) == (answer.status_code, mocks.counters["ferry"].desk.callbacks.url)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("GET", "/fery/ledger", b"", 404, "agencies are: ferry"),
        ("GET", "/ferry/ledgers", b"", 404, "no such control path"),
        ("POST", "/ferry/ledger", b"", 405, "use GET"),
        ("DELETE", "/clock", b"", 405, "use GET, POST"),
        ("PUT", "/ferry/faults", b"{", 400, "JSON object"),
        ("PUT", "/ferry/faults", b"[]", 400, "JSON object"),
        ("PUT", "/ferry/faults", b"\xff\xfe", 400, "JSON object"),
        ("PUT", "/ferry/faults", b"[" * 100_000, 400, "JSON object"),
        ("PUT", "/ferry/faults", b'{"faults": [{"name": "x"}]}', 422, "unknown fault"),
        ("POST", "/ferry/advance", b"{}", 422, "has call"),
        ("PUT", "/ferry/callback", b'{"url": "http://203.0.113.1/"}', 422, "loopback"),
        ("PUT", "/ferry/callback", b'{"uri": ""}', 422, "the body must be"),
    ],
)
async def test_mistakes_are_named(
    control: httpx.AsyncClient,
    method: str,
    path: str,
    body: bytes,
    status: int,
    text: str,
) -> None:
    """Each mistake has its status and a text that helps."""
    answer = await control.request(method, path, content=body)
    assert (status, True) == (answer.status_code, text in answer.json()["error"])
