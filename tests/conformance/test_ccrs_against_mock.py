"""The 신용회복위원회 adapter against the mock over TLS: every verb, refusals, tokens, certificates, notices.

What its faults come to is the matter of `test_every_fault.py`.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

import httpx
import pytest
from ccrs_bench import SLUG, Desk, connected, serving, settings_for, subject_for

from adapters.ccrs import Ccrs
from adapters.ccrs.mapping import FIELDS
from adapters.sdk import (
    Acknowledged,
    AdapterError,
    BusyError,
    Delivered,
    Found,
    InboundCall,
    MisconfiguredError,
    NotFound,
    NotSentError,
    RefusalReason,
    Refused,
    StatusReport,
    UncertainError,
    Verb,
)
from adapters.sdk.kst import utc_now
from adapters.sdk.testing import AdapterSuite, Subject, live_bench_of, without
from mocks.kit.agency import Reply, Request
from mocks.kit.connection import Answer
from mocks.kit.pki import Certificates, make_certificates
from mocks.kit.server import HttpServer
from schemas.client import DisclosedDebt
from schemas.disclosure import Disclosure
from schemas.status import BusinessStatus

B = BusinessStatus


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("pki") / "certificates")


@pytest.fixture
async def desk(certificates: Certificates) -> AsyncIterator[Desk]:
    async with connected(certificates) as desk:
        yield desk


class TestConformance(AdapterSuite):
    """The adapter keeps every check of the suite."""

    @pytest.fixture
    async def subject(self, certificates: Certificates) -> AsyncIterator[Subject]:
        async with serving(certificates) as mocks:
            yield subject_for(mocks, certificates)


async def submitted(desk: Desk, key: str, document: Disclosure | None = None) -> Any:
    """Submit somebody, or a document."""
    bench = desk.bench
    return await bench.adapter.submit(bench.submit(document or bench.somebody(), key))


async def test_a_referral_is_registered_and_found(desk: Desk) -> None:
    """It is in the agency's ledger once, with the values that were disclosed; the token was fetched once for all."""
    key = desk.bench.new_key()
    delivered = await submitted(desk, key)
    assert isinstance(delivered, Delivered)
    found = await desk.bench.speak(Verb.FIND, key, "")
    assert found == Found(delivered.receipt, "01", delivered.facts)
    (act,) = desk.acts
    assert (act.operation, act.key, act.receipt) == ("register", key, delivered.receipt)
    assert act.fields["debtList[0].crdtrNm"] == desk.counter.desk.ledger.digest("채권자가")
    assert (desk.calls("token"), desk.calls("register"), desk.calls("find")) == (1, 1, 1)


async def test_the_same_key_gives_the_first_number(desk: Desk) -> None:
    """Registered twice: one act; and if the second may say less, it is still the same referral."""
    key, person = desk.bench.new_key(), desk.bench.somebody()
    first, again = await submitted(desk, key, person), await submitted(desk, key, person)
    less = await submitted(desk, key, without(person, "client.household.monthly_income"))
    assert (first, less) == (again, Delivered(first.receipt, "E302"))
    assert len(desk.acts) == 1


async def test_a_lost_answer_is_sent_again(desk: Desk) -> None:
    """Keyed: the same again, and there is one act."""
    key, person = desk.bench.new_key(), desk.bench.somebody()
    desk.fault("accept_then_lose_reply", "register", times=1)
    with pytest.raises(UncertainError):
        await submitted(desk, key, person)
    assert isinstance(await submitted(desk, key, person), Delivered)
    assert len(desk.acts) == 1


async def test_a_key_that_nobody_registered_is_not_found(desk: Desk) -> None:
    """E401, which the hub believes at once: this agency settles immediately."""
    assert await desk.bench.speak(Verb.FIND, desk.bench.new_key(), "") == NotFound("E401")


async def test_facts_come_in_order(desk: Desk) -> None:
    """접수 to 종결, as the agency moves the application on; however a fault arranges them."""
    key = desk.bench.new_key()
    receipt = (await submitted(desk, key)).receipt
    for state in ("assigned", "investigating", "reviewing", "decided", "in_service", "completed", "closed"):
        desk.advance(key, state)
    way = [B.RECEIVED, B.ASSIGNED, B.INVESTIGATING, B.REVIEWING, B.APPROVED, B.IN_SERVICE, B.COMPLETED, B.CLOSED]
    for fault in ("", "duplicate_result", "out_of_order_result"):
        if fault:
            desk.fault(fault, "status")
        report = await desk.bench.speak(Verb.STATUS, key, receipt)
        assert isinstance(report, StatusReport)
        assert [fact.business for fact in report.facts] == way


async def test_withdrawal_and_supplement(desk: Desk) -> None:
    """보완 once it was asked for; 철회 twice the same; of an ended application refused."""
    key = desk.bench.new_key()
    receipt = (await submitted(desk, key)).receipt
    assert await desk.bench.speak(Verb.SUPPLEMENT, key, receipt) == Refused(
        RefusalReason.OTHER, "E402", "처리할 수 없는 상태"
    )
    desk.advance(key, "supplement")
    assert await desk.bench.speak(Verb.SUPPLEMENT, key, receipt) == Acknowledged("04")
    assert [await desk.bench.speak(Verb.WITHDRAW, key, receipt) for _ in range(2)] == [Acknowledged("92")] * 2
    assert [act.operation for act in desk.acts] == ["register", "supplement", "withdraw"]


def with_debts(document: Disclosure, **changes: Any) -> Disclosure:
    """Return the document with one debt changed."""
    debts = tuple(debt.model_copy(update=changes) for debt in document.client.debts)
    return document.model_copy(update={"client": document.client.model_copy(update={"debts": debts})})


async def test_the_agency_refuses(desk: Desk) -> None:
    """한도 초과, 신규채무비율 초과, 중복 신청: a value with the agency's code; nothing is registered."""
    person = desk.bench.somebody()
    today = utc_now().date()
    for changed, code, reason in (
        (with_debts(person, amount=500_000_001, secured=False), "E201", RefusalReason.NOT_ELIGIBLE),
        (with_debts(person, taken_on=today), "E202", RefusalReason.NOT_ELIGIBLE),
    ):
        refused = await submitted(desk, desk.bench.new_key(), changed)
        assert isinstance(refused, Refused)
        assert (refused.raw_code, refused.reason, desk.acts) == (code, reason, ())
    await submitted(desk, desk.bench.new_key(), person)
    twice = await submitted(desk, desk.bench.new_key(), person)
    assert (twice.raw_code, twice.reason, len(desk.acts)) == ("E301", RefusalReason.DUPLICATE, 1)


async def test_many_debts_travel_one_by_one(desk: Desk) -> None:
    """As many as the common schema carries."""
    person = desk.bench.somebody()
    debts = tuple(
        DisclosedDebt(creditor=f"채권자{number}", amount=number, secured=False, days_overdue=number)
        for number in range(100)
    )
    many = person.model_copy(update={"client": person.client.model_copy(update={"debts": debts})})
    await submitted(desk, desk.bench.new_key(), many)
    (act,) = desk.acts
    assert act.fields["debtList[99].crdtrNm"] == desk.counter.desk.ledger.digest("채권자99")
    assert act.fields["ovduDcnt"] == desk.counter.desk.ledger.digest(99)


async def test_a_revoked_token_costs_one_attempt(desk: Desk) -> None:
    """401: nothing was done, no wait; the next attempt, with a new decision, brings a new token."""
    key, person = desk.bench.new_key(), desk.bench.somebody()
    await desk.bench.adapter.probe(desk.bench.impersonal())
    assert desk.revoke_tokens() == 1
    with pytest.raises(BusyError) as caught:
        await submitted(desk, key, person)
    assert (caught.value.retry_after_seconds, desk.acts) == (0, ())
    assert isinstance(await submitted(desk, key, person), Delivered)
    assert (desk.calls("token"), len(desk.acts)) == (2, 1)


async def test_concurrent_calls_share_a_token(desk: Desk) -> None:
    """Eight at once, one fetch."""
    delivered = await asyncio.gather(*(submitted(desk, desk.bench.new_key()) for _ in range(8)))
    assert ({type(one) for one in delivered}, desk.calls("token"), len(desk.acts)) == ({Delivered}, 1, 8)


@pytest.mark.parametrize(
    ("told", "error"),
    [({"client_secret": "guess"}, MisconfiguredError), ({"client_id": "SOMEBODY"}, MisconfiguredError)],
)
async def test_a_client_that_is_not_known(
    certificates: Certificates, told: dict[str, str], error: type[AdapterError]
) -> None:
    """A person must mend it, and nothing about anybody was said."""
    async with connected(certificates, told=told) as desk:
        with pytest.raises(error, match="token endpoint"):
            await submitted(desk, desk.bench.new_key())
        assert (desk.calls("register"), desk.acts) == (0, ())


@pytest.mark.parametrize(
    "fault", ["no_answer", "empty_200", "truncated_body", "maintenance_page", "slow_drip", "busy_503", "gzip_bomb"]
)
async def test_a_token_endpoint_that_misbehaves(certificates: Certificates, fault: str) -> None:
    """Whatever it does, the call surely did not leave: not sent, or busy; and later all is well."""
    told = {"timeout_seconds": 5.0} if fault in {"no_answer", "slow_drip"} else {}  # what has no end is waited out
    async with connected(certificates, told=told) as desk:
        desk.fault(fault, "token")
        with pytest.raises((NotSentError, BusyError)):
            await submitted(desk, desk.bench.new_key())
        assert desk.calls("register") == 0
        desk.behave()
        assert isinstance(await submitted(desk, desk.bench.new_key()), Delivered)


@pytest.mark.parametrize("name", ["foreign-signing", "tls-server"])
async def test_a_certificate_that_is_not_for_clients(certificates: Certificates, name: str) -> None:
    """Of a foreign CA, or for servers: nothing about anybody leaves."""
    files = {"certificate": certificates.certificate(name), "key": certificates.key(name)}
    async with connected(certificates, told=files) as desk:
        with pytest.raises((NotSentError, MisconfiguredError)):
            await submitted(desk, desk.bench.new_key())
        assert desk.counter.desk.journal.entries == ()


async def test_a_server_that_is_not_the_agencys(certificates: Certificates) -> None:
    """Its certificate is of another CA: a person must look, and no byte leaves."""
    async with connected(certificates, told={"ca": certificates.certificate("foreign-ca")}) as desk:
        with pytest.raises(MisconfiguredError, match="not trusted"):
            await submitted(desk, desk.bench.new_key())
        assert desk.counter.desk.journal.entries == ()


async def test_nobody_comes_in_without_a_certificate(certificates: Certificates) -> None:
    """Neither over TLS without one, nor in plain text, nor through the shared port."""
    async with serving(certificates) as mocks:
        context = ssl.create_default_context(cafile=certificates.ca)
        async with httpx.AsyncClient(verify=context, trust_env=False) as stranger:
            with pytest.raises(httpx.HTTPError):
                await stranger.get(f"{mocks.url_of(SLUG)}/api/v1/health")
            with pytest.raises(httpx.HTTPError):
                await stranger.get(f"{mocks.url_of(SLUG)}/api/v1/health".replace("https", "http"))
            assert (await stranger.get(f"{mocks.base_url}/{SLUG}/api/v1/health")).status_code == 404
        assert mocks.counters[SLUG].desk.journal.entries == ()


class Hub:
    """Takes the agency's notices as the hub does: whatever the adapter says is the answer."""

    def __init__(self, adapter: Ccrs) -> None:
        self._adapter = adapter
        self.read: asyncio.Queue[Any] = asyncio.Queue()

    def at_head(self, method: str, path: str) -> Answer | None:
        """Wait for the whole call."""
        return None

    async def answer(self, request: Request) -> Answer:
        """Let the adapter judge a call."""
        call = InboundCall(request.method, "", request.headers, request.body, utc_now())
        read = self._adapter.read_callback(call)
        self.read.put_nowait(read)
        return Answer(Reply(read.reply.status, read.reply.body, read.reply.content_type))


async def test_notices_are_understood_and_acknowledged(desk: Desk) -> None:
    """처리상태통보 as the agency signs it, each once; one that is sent twice has the same nonce."""
    hub, server = Hub(desk.bench.adapter), HttpServer()
    port = await server.bind("127.0.0.1", 0)
    await server.serve(hub)
    desk.counter.call_back_to(f"http://127.0.0.1:{port}/v1/callbacks/{SLUG}")
    key = desk.bench.new_key()
    receipt = (await submitted(desk, key)).receipt
    desk.fault("duplicate_callback", times=1)
    desk.advance(key, "decided", text="8년 분할상환으로 확정함.")
    desk.advance(key, "closed", reason="01")
    first, again, last = [await asyncio.wait_for(hub.read.get(), 10) for _ in range(3)]
    assert (first.wire_key, first.receipt, first.facts[0].business) == (key, receipt, B.APPROVED)
    assert (first.nonce, first.facts, first.nonce != last.nonce) == (again.nonce, again.facts, True)
    assert last.facts[0].outcome == "helped"
    report = await desk.bench.speak(Verb.STATUS, key, receipt)
    assert isinstance(report, StatusReport)
    assert report.facts[1:] == (*first.facts, *last.facts)
    await desk.counter.desk.callbacks.stop()
    await server.stop()


async def test_a_key_under_a_password_serves(certificates: Certificates, tmp_path: Any) -> None:
    """The password is a secret setting; without it the lane is broken, and says what to mend."""
    encrypted = tmp_path / "encrypted.key"
    command = ["openssl", "pkcs8", "-topk8", "-in", str(certificates.key("hub-client")), "-out", str(encrypted)]
    made = await asyncio.create_subprocess_exec(*command, "-passout", "pass:sesame")
    assert await made.wait() == 0
    async with connected(certificates, told={"key": encrypted, "key_password": "sesame"}) as desk:
        await desk.bench.adapter.probe(desk.bench.impersonal())
    with pytest.raises(MisconfiguredError, match="password"):
        async with live_bench_of(Ccrs, settings_for("https://127.0.0.1:1", certificates, key=encrypted)):
            pass


def test_adapter_and_auditor_agree_on_the_fields() -> None:
    """Two tables, written apart: which wire field carries which field of the common schema."""
    table = json.loads((files("mocks") / SLUG / "fields.json").read_text(encoding="utf-8"))
    flat = {name.rpartition(".")[2]: path for name, path in table.items() if path is not None}
    assert flat == FIELDS
