"""Every fault of the catalogue on a real socket: the bytes that come back, and whether the act is in the ledger."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit_bench import HONEST, FerryMock, post, raw_call, until

from mocks.kit.breakage import BREAKAGES
from mocks.kit.fault_catalogue import CATALOGUE, By, Moment
from mocks.kit.faults import FaultError, Faults
from mocks.kit.run import MockServer


@pytest.fixture
async def mocks() -> AsyncIterator[MockServer]:
    async with MockServer([FerryMock]) as server:
        yield server


async def strike(mocks: MockServer, name: str, **rule: object) -> tuple[bytes, bytes, str]:
    """Let one fault strike a registration; return head, body and how the connection ended."""
    times = {} if CATALOGUE[name].moment is Moment.CONNECT else {"times": 1}
    mocks.counters["ferry"].faults.set({"faults": [{"name": name, **times, **rule}]})
    port = httpx.URL(mocks.base_url).port or 0
    data, desk = post("/ferry/register", "홍길동".encode(), "Connection: close"), mocks.counters["ferry"].desk
    is_silent = (lambda _: bool(desk.journal.entries)) if name == "no_answer" else None
    received, ending = await raw_call(port, data, enough=is_silent)
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body, ending


def test_the_kit_carries_out_every_fault_that_is_its_own() -> None:
    """The catalogue and the breakages name the same faults."""
    own = {kind.name for kind in CATALOGUE.values() if kind.by is By.KIT and kind.moment is not Moment.CALLBACK}
    assert own == set(BREAKAGES)


@pytest.mark.parametrize("name", [name for name, kind in CATALOGUE.items() if kind.moment is not Moment.CALLBACK])
async def test_the_act_happens_exactly_if_the_catalogue_says_so(mocks: MockServer, name: str) -> None:
    """After each fault the ledger holds one act or none, as `GET /_mock/faults` promises, and the journal names it."""
    if CATALOGUE[name].by is By.AGENCY and name not in FerryMock.own_faults:
        with pytest.raises(FaultError, match="cannot do"):
            await strike(mocks, name)
        return
    await strike(mocks, name, **({"seconds": 0} if name == "slow_drip" else {}))
    desk = mocks.counters["ferry"].desk
    (entry,) = desk.journal.entries
    expected = int(CATALOGUE[name].acts)
    assert (expected, bool(expected), name) == (len(desk.ledger.acts), entry.accepted, entry.fault)


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("refuse_connection", "reset"),
        ("reset_while_sending", "reset"),
        ("reset_before_acceptance", "reset"),
        ("reset_after_acceptance", "reset"),
        ("accept_then_lose_reply", "closed"),
        ("accept_then_hide", "closed"),
        ("no_answer", "open"),
    ],
)
async def test_not_a_byte_comes_back(mocks: MockServer, name: str, ending: str) -> None:
    """These faults send nothing, and end (or keep) the connection each in its way; the reply never left."""
    assert (b"", b"", ending) == await strike(mocks, name)
    (entry,) = mocks.counters["ferry"].desk.journal.entries
    assert (entry.status, entry.reply_complete) == (None, False)


async def test_a_reset_while_sending_does_not_wait_for_the_body(mocks: MockServer) -> None:
    """`reset_while_sending` strikes on the request line, while the body is still to come."""
    mocks.counters["ferry"].faults.set({"faults": [{"name": "reset_while_sending"}]})
    head = post("/ferry/register").replace(b"Content-Length: 0", b"Content-Length: 9")
    assert await raw_call(httpx.URL(mocks.base_url).port or 0, head) == (b"", "reset")


@pytest.mark.parametrize(
    ("name", "status", "retry_after"),
    [
        ("busy_429", b"429 Too Many Requests", False),
        ("busy_429_retry_after", b"429 Too Many Requests", True),
        ("busy_503", b"503 Service Unavailable", False),
        ("busy_503_retry_after", b"503 Service Unavailable", True),
    ],
)
async def test_busy(mocks: MockServer, name: str, status: bytes, retry_after: bool) -> None:
    """429 and 503 come empty, with a Retry-After only where the name says so."""
    head, body, _ = await strike(mocks, name, seconds=7)
    assert (True, b"", retry_after) == (status in head, body, b"Retry-After: 7" in head)


async def test_the_maintenance_page_is_euc_kr_with_200(mocks: MockServer) -> None:
    """A page instead of an answer: HTML, EUC-KR, 200."""
    head, body, _ = await strike(mocks, "maintenance_page")
    assert (b" 200 OK" in head, b"charset=euc-kr" in head, "시스템 점검" in body.decode("euc-kr")) == (True, True, True)


async def test_slow_drip_sends_everything_in_the_end(mocks: MockServer) -> None:
    """The whole answer comes, byte by byte, and the journal says that it left."""
    _, body, _ = await strike(mocks, "slow_drip", seconds=0.0001)
    (entry,) = mocks.counters["ferry"].desk.journal.entries
    assert (body, entry.reply_complete) == (HONEST, True)


async def test_slow_drip_takes_longer_than_a_patient_caller(mocks: MockServer) -> None:
    """A caller with a deadline has seen the head, and at most a byte."""
    mocks.counters["ferry"].faults.set({"faults": [{"name": "slow_drip", "seconds": 60}]})
    port = httpx.URL(mocks.base_url).port or 0
    received, ending = await raw_call(port, post("/ferry/register"), enough=lambda came: b"\r\n\r\n" in came)
    assert (len(received.partition(b"\r\n\r\n")[2]) <= 1, ending) == (True, "open")


async def test_cut_short_announces_all_and_sends_half(mocks: MockServer) -> None:
    """Content-Length is honest, the body ends in the middle."""
    head, body, ending = await strike(mocks, "cut_short")
    assert (True, HONEST[: len(HONEST) // 2], "closed") == (f": {len(HONEST)}".encode() in head, body, ending)


async def test_wrong_content_length_sends_more_than_announced(mocks: MockServer) -> None:
    """Content-Length is half of what follows."""
    head, body, _ = await strike(mocks, "wrong_content_length")
    assert (f"Content-Length: {len(HONEST) // 2}".encode() in head, body) == (True, HONEST)


async def test_truncated_body_announces_what_it_sends(mocks: MockServer) -> None:
    """HTTP is right, the message is not."""
    head, body, _ = await strike(mocks, "truncated_body")
    assert (True, HONEST[: len(HONEST) // 2]) == (f"Content-Length: {len(body)}".encode() in head, body)


@pytest.mark.parametrize(("name", "status"), [("empty_200", b" 200 OK"), ("empty_202", b" 202 Accepted")])
async def test_empty_answers(mocks: MockServer, name: str, status: bytes) -> None:
    """A good status with nothing in it."""
    head, body, _ = await strike(mocks, name)
    assert (status in head, body) == (True, b"")


@pytest.mark.parametrize(
    ("name", "label"),
    [("mislabelled_encoding", b"charset=utf-8"), ("wrong_encoding", b"charset=EUC-KR")],
)
async def test_wrong_encodings(mocks: MockServer, name: str, label: bytes) -> None:
    """The body is CP949 with syllables that EUC-KR lacks, whatever its label says."""
    head, body, _ = await strike(mocks, name)
    assert (label in head, "똠방각하" in body.decode("cp949"), is_undecodable(body)) == (True, True, True)


def is_undecodable(body: bytes) -> bool:
    """Tell that neither UTF-8 nor true EUC-KR reads the body."""
    for codec in ("utf-8", "euc-kr"):
        try:
            body.decode(codec)
        except UnicodeDecodeError:
            continue
        return False
    return True


async def test_gzip_bomb(mocks: MockServer) -> None:
    """Some 64 KiB become 64 MiB."""
    head, body, _ = await strike(mocks, "gzip_bomb")
    assert (b"Content-Encoding: gzip" in head, len(body) < 70_000, len(gzip.decompress(body))) == (True, True, 64 << 20)


async def test_deep_nesting_and_entities(mocks: MockServer) -> None:
    """20,000 levels in the wire's own syntax; a DTD with growing and external entities."""
    _, nested, _ = await strike(mocks, "deep_nesting")
    _, declared, _ = await strike(mocks, "dtd_entity")
    assert (nested, b"<!DOCTYPE" in declared and b"SYSTEM" in declared) == (b"[" * 20_000 + b"]" * 20_000, True)


async def test_a_hidden_act_is_found_after_its_settling_time(mocks: MockServer) -> None:
    """`accept_then_hide`: look-ups see nothing until the business clock has passed the seconds."""
    await strike(mocks, "accept_then_hide", operation="register", seconds=45)
    found = []
    async with httpx.AsyncClient(base_url=mocks.url_of("ferry")) as client:
        for seconds in (0, 44, 2):
            mocks.clock.advance(seconds)
            found.append((await client.post("/find")).json()["found"])
    assert found == [0, 0, 1]


async def test_the_agency_carries_out_its_own_faults(mocks: MockServer) -> None:
    """`misbehave` gets the honest reply exactly where the act happens."""
    _, with_act, _ = await strike(mocks, "unsigned_reply")
    _, without, _ = await strike(mocks, "agency_fault_500")
    assert (with_act, without) == (b"unsigned_reply True", b"agency_fault_500 False")


async def test_after_its_times_the_agency_behaves_well_again(mocks: MockServer) -> None:
    """A fault with `times` 1 strikes once, and says so."""
    await strike(mocks, "accept_then_lose_reply")
    async with httpx.AsyncClient(base_url=mocks.url_of("ferry")) as client:
        answer = await client.post("/register")
    (rule,) = mocks.counters["ferry"].faults.as_json()["faults"]
    assert (answer.status_code, rule["seen"], rule["struck"]) == (200, 2, 1)


async def test_other_operations_are_left_alone(mocks: MockServer) -> None:
    """A fault on `find` does not strike a registration."""
    mocks.counters["ferry"].faults.set({"faults": [{"name": "busy_503", "operation": "find"}]})
    async with httpx.AsyncClient(base_url=mocks.url_of("ferry")) as client:
        statuses = [(await client.post(path)).status_code for path in ("/register", "/find", "/echo")]
    assert statuses == [200, 503, 200]


async def test_a_caller_that_leaves_a_silent_connection_frees_it(mocks: MockServer) -> None:
    """The server notices that the caller of `no_answer` is gone."""
    await strike(mocks, "no_answer")
    await until(lambda: not mocks._server._idle | mocks._server._busy)


def faults_with(rules: list[dict[str, object]], seed: int = 0) -> Faults:
    faults = Faults(FerryMock.operations, FerryMock.callbacks, FerryMock.own_faults)
    faults.set({"seed": seed, "faults": rules})
    return faults


@given(seed=st.integers(), rate=st.floats(0, 1))
def test_a_seed_repeats_a_run(seed: int, rate: float) -> None:
    """The same seed and the same requests give the same strikes."""
    first, second = (
        [
            faults_with([{"name": "busy_429", "rate": rate}], seed).strike(Moment.REQUEST, "find") is None
            for _ in range(20)
        ]
        for _ in range(2)
    )
    assert first == second


def test_a_rate_is_met() -> None:
    """A rate of 0.2 strikes about a fifth of a thousand requests."""
    faults = faults_with([{"name": "accept_then_lose_reply", "rate": 0.2}], seed=7)
    struck = Counter(faults.strike(Moment.REQUEST, "register") is not None for _ in range(1000))
    assert 150 < struck[True] < 250


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"faults": [{"name": "explode"}]}, "unknown fault 'explode'"),
        ({"faults": [{"name": "busy_503", "operation": "regster"}]}, "known are: \\*, register, find"),
        ({"faults": [{"name": "busy_503", "operation": "notice"}]}, "unknown operation 'notice'"),
        ({"faults": [{"name": "late_callback", "operation": "find"}]}, "known are: \\*, notice"),
        ({"faults": [{"name": "refuse_connection", "operation": "find"}]}, "known are: \\*$"),
        ({"faults": [{"name": "stale_reply"}]}, "it has: agency_fault_500, unsigned_reply"),
        ({"faults": [{"name": "busy_503", "rate": 1.1}]}, "rate must be"),
        ({"faults": [{"name": "busy_503", "rate": True}]}, "rate must be"),
        ({"faults": [{"name": "busy_503", "times": 0}]}, "times must be"),
        ({"faults": [{"name": "busy_503", "seconds": -1}]}, "seconds must be"),
        ({"faults": [{"name": "busy_503", "ratio": 1}]}, "unknown keys: ratio"),
        ({"faults": ["busy_503"]}, "must be an object"),
        ({"faults": {}}, "must be a list"),
        ({"seed": "1", "faults": []}, "seed must be"),
        ({"faults": [], "sed": 1}, "unknown keys: sed"),
    ],
)
def test_impossible_faults_are_refused_and_change_nothing(wanted: dict[str, object], text: str) -> None:
    """Each mistake is named, and what was set before stays set."""
    faults = faults_with([{"name": "busy_429"}])
    before = faults.as_json()
    with pytest.raises(FaultError, match=text):
        faults.set(wanted)
    assert before == faults.as_json()
