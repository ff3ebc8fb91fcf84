"""Consents that come later: a request that is repeated adds nothing, so that nothing lives that nobody knows of."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from api_bench import Bench, case, consent
from sqlalchemy import select

from hub.cli.proof.centre import Centre
from hub.cli.proof.plan import Change, PlannedCase
from hub.store.consents import consents_of_case
from hub.store.retention import destroy_case
from hub.store.tables import consents, idempotency_keys


async def held(bench: Bench) -> tuple[str, str]:
    """Hand a case in without a consent; return its id, and the id of its referral, which is held for want of one."""
    accepted = await bench.accept(case(consents=[]))
    async with bench.engine_running():
        await bench.until(accepted["referrals"][0]["id"], "held")
    return accepted["id"], accepted["referrals"][0]["id"]


def live(bench: Bench, case_id: str) -> list[str]:
    """Return the ids of a case's consents that nobody withdrew."""
    found = bench.services.store.read_now(lambda conn: consents_of_case(conn, case_id))
    return [one.id for one in found if one.withdrawn_at is None]


def rows(bench: Bench) -> tuple[int, ...]:
    """Count the consents and the keys."""
    tables = (consents, idempotency_keys)
    return tuple(bench.services.store.read_now(lambda conn, t=t: len(conn.execute(select(t)).all())) for t in tables)


async def test_the_same_request_adds_its_consents_once(bench: Bench) -> None:
    """The same key with the same body, laid out anew: 201 with the same ids again, and no second consent."""
    case_id, _ = await held(bench)
    first = await bench.add_consents(case_id)
    turned = dict(reversed(consent().items()))
    again = await bench.add_consents(case_id, [turned])

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert live(bench, case_id) == first.json()["consents"]


async def test_another_key_is_another_wish(bench: Bench) -> None:
    """Who means a second consent uses a second key."""
    case_id, _ = await held(bench)
    ids = [(await bench.add_consents(case_id, key=key)).json()["consents"][0] for key in ("later-1", "later-2")]

    assert sorted(live(bench, case_id)) == sorted(set(ids))
    assert len(set(ids)) == 2


async def test_the_key_for_other_consents_is_refused(bench: Bench) -> None:
    """Another body, or a hand-over, under a used key: 422, and nothing is stored."""
    case_id, _ = await held(bench)
    await bench.add_consents(case_id)
    before = rows(bench)
    replies = [
        await bench.add_consents(case_id, [consent(items=["client.name"])]),
        await bench.add_consents(case_id, key="key-1"),
        await bench.ask.post("/v1/cases", json=case(), headers={"Idempotency-Key": "later-1"}),
    ]

    assert {reply.status_code for reply in replies} == {422}
    assert {reply.json()["type"] for reply in replies} == {"urn:naru:problem:idempotency-conflict"}
    assert rows(bench) == before


async def test_consents_in_flight_are_refused(bench: Bench) -> None:
    """While a request is being worked on, another one under its key is told to come again; one consent is made."""
    case_id, _ = await held(bench)
    replies = await asyncio.gather(*(bench.add_consents(case_id) for _ in range(4)))
    refused = [reply for reply in replies if reply.status_code == 409]

    assert {reply.status_code for reply in replies} == {201, 409}
    assert {reply.json()["type"] for reply in refused} == {"urn:naru:problem:request-in-flight"}
    assert {reply.headers["retry-after"] for reply in refused} == {"1"}
    assert len(live(bench, case_id)) == 1


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [({}, 400, "idempotency-key-missing"), ({"Idempotency-Key": "a b"}, 422, "invalid-parameter")],
)
async def test_consents_need_a_key(bench: Bench, headers: dict[str, str], status: int, kind: str) -> None:
    """As for a hand-over: a missing key is told as such, an unfit one by the header's name; nothing is stored."""
    case_id, _ = await held(bench)
    body = {"case_id": case_id, "consents": [consent()]}
    reply = await bench.ask.post("/v1/consents", json=body, headers=headers)

    assert (reply.status_code, reply.json()["type"]) == (status, f"urn:naru:problem:{kind}")
    assert reply.json()["errors"][0]["header"] == "Idempotency-Key"
    assert live(bench, case_id) == []


async def test_a_refused_request_leaves_its_key_free(bench: Bench) -> None:
    """What stored nothing remembers nothing: the request, set right, goes under the same key."""
    case_id, _ = await held(bench)
    wrong = await bench.add_consents(case_id, [consent(recipient="peer")])
    right = await bench.add_consents(case_id)

    assert (wrong.status_code, right.status_code) == (422, 201)


async def test_repeated_consents_of_a_destroyed_case_are_gone(bench: Bench) -> None:
    """410, and not the answer that was given once; no consent comes back."""
    case_id, _ = await held(bench)
    await bench.add_consents(case_id)
    now = bench.services.clock.now()
    bench.services.store.write_now(lambda conn: destroy_case(conn, case_id, now))
    before = rows(bench)
    replies = [await bench.add_consents(case_id), await bench.add_consents(case_id, key="later-2")]

    assert [(reply.status_code, reply.json()["type"]) for reply in replies] == [(410, "urn:naru:problem:destroyed")] * 2
    assert rows(bench) == before


class Forgetful(httpx.AsyncBaseTransport):
    """A wire that loses the first answer to consents after the hub gave it, as if the process had died just then."""

    def __init__(self, bench: Bench) -> None:
        self._inner, self.lost = httpx.ASGITransport(bench.app), 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if request.url.path == "/v1/consents" and not self.lost:
            self.lost = 1
            raise httpx.ReadError("the process died", request=request)
        return answer


class Control:
    """The proof's business time."""

    async def now(self) -> datetime:
        return datetime.now(UTC)


async def test_a_repeated_consent_that_is_withdrawn_leaves_none(bench: Bench) -> None:
    """The proof's centre adds a consent, hears nothing, repeats, withdraws what it was told of: nothing is sent."""
    document: dict[str, Any] = case(consents=[])
    service, given = document["referrals"][0]["service_code"], (consent(),)
    wire, promised = Forgetful(bench), list[str]()
    centre = Centre(["http://hub.test"], bench.key, Control(), 30.0, promised.append, wire)  # type: ignore[arg-type]  # all that it asks of it
    planned = PlannedCase("proof-000000", document, ())
    await centre.hand_in(planned)
    record = centre.records[planned.name]
    assert record.accepted is not None
    case_id, referral_id = record.accepted["id"], record.accepted["referrals"][0]["id"]
    async with bench.engine_running():
        await bench.until(referral_id, "held")
    await centre.change(planned, Change(service, "later", 0.0, given))
    await centre.change(planned, Change(service, "withdraws", 0.0))
    await centre.aclose()
    other = await bench.accept(case(client=case()["client"] | {"name": "김나루", "birth_date": "1971-02-03"}))
    async with bench.engine_running():
        await bench.until(other["referrals"][0]["id"], "delivered")
        told = await bench.referral(referral_id)

    assert (wire.lost, centre.repeated) == (1, 1)
    assert [one["consent"] for one in record.withdrawals] == record.added[0]["ids"]
    assert record.withdrawals[0]["answer"]["stopped"] == [referral_id]
    assert live(bench, case_id) == []
    assert (told["delivery"], told["receipt"]) == ("cancelled", None)
