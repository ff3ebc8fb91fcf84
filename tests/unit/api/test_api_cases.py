from __future__ import annotations

import asyncio

import pytest
from api_bench import Bench, case, consent

from hub.api import examples
from hub.store.tables import audit_entries, cases, idempotency_keys, referrals


def _rows(bench: Bench) -> list[int]:
    tables = (cases, referrals, idempotency_keys)
    return [
        bench.services.store.read_now(lambda conn, t=table: len(conn.execute(t.select()).all())) for table in tables
    ]


async def test_document_is_taken_over(bench: Bench) -> None:
    """A good document is answered with 202, the case's address, and the ids of all that came with it."""
    reply = await bench.ask.post("/v1/cases", json=case(), headers={"Idempotency-Key": "k"})
    accepted = reply.json()

    assert reply.status_code == 202
    assert reply.headers["location"] == f"/v1/cases/{accepted['id']}"
    assert [(r["service_code"], r["agency"]) for r in accepted["referrals"]] == [("WEL-EMERG", "pier")]
    assert len(accepted["consents"]) == 1


async def test_case_rolls_up(bench: Bench) -> None:
    """A case tells for each referral on whom it waits, and counts them; it never tells who the client is."""
    await bench.accept()
    no_consent = case(consents=[], referrals=[examples.REFERRAL | {"service_code": "WEL-CASE"}])
    held = await bench.accept(no_consent, key="key-2")
    async with bench.engine_running():
        await bench.until(held["referrals"][0]["id"], "held")
    reply = await bench.ask.get(f"/v1/cases/{held['id']}")
    told = reply.json()

    assert (told["done"], told["waiting"]) == (0, {"hub": 0, "centre": 1, "agency": 0})
    assert told["referrals"][0]["reason"] == "consent_missing"
    assert "성명" in told["referrals"][0]["reason_text"]
    assert not [word for word in ("홍길동", "1985", "010-0000", "시민로", "실직") if word in reply.text]


async def test_case_lists_its_consents(bench: Bench) -> None:
    """Whoever lost the answer to the hand-over finds the consents in the case, and can withdraw one."""
    accepted = await bench.accept()
    listed = (await bench.ask.get(f"/v1/cases/{accepted['id']}")).json()["consents"]
    await bench.ask.post(f"/v1/consents/{listed[0]['id']}/withdraw")
    after = (await bench.ask.get(f"/v1/cases/{accepted['id']}")).json()["consents"]

    assert listed == [
        {
            "id": accepted["consents"][0], "recipient": "pier", "type": "third_party", "purposes": ["WEL-EMERG"],
            "required": True, "signed_at": "2025-11-03T01:00:00Z", "expires_at": None, "withdrawn_at": None,
        }
    ]  # fmt: skip
    assert after[0]["withdrawn_at"] is not None


async def test_unknown_recipient_is_refused(bench: Bench) -> None:
    """A consent for an agency that there is not is a slip: told at once by its place, with the slugs that there are."""
    consents = [consent(), consent(recipient="peer"), consent(recipient="peer", type="collection")]
    reply = await bench.ask.post("/v1/cases", json=case(consents=consents), headers={"Idempotency-Key": "k"})
    fault = reply.json()["errors"][0]

    assert (reply.status_code, len(reply.json()["errors"])) == (422, 1)
    assert (fault["pointer"], fault["code"]) == ("/consents/1/recipient", "unknown_recipient")
    assert fault["detail"].endswith("쓸 수 있는 slug: pier, wreck")
    assert _rows(bench) == [0, 0, 0]


async def test_later_consent_for_nobody_is_refused(bench: Bench) -> None:
    """The same holds for consents that come later, with or without referrals."""
    accepted = await bench.accept()
    wrong = [consent(recipient="peer")]
    more = {"consents": wrong, "referrals": [examples.REFERRAL | {"service_code": "WEL-CASE"}]}
    replies = [
        await bench.add_consents(accepted["id"], wrong),
        await bench.ask.post(f"/v1/cases/{accepted['id']}/referrals", json=more, headers={"Idempotency-Key": "k"}),
    ]

    assert [reply.json()["errors"][0]["pointer"] for reply in replies] == ["/consents/0/recipient"] * 2


async def test_delivered_referral_waits_on_its_agency(bench: Bench) -> None:
    """What the agency took shows its receipt and waits on the agency."""
    accepted = await bench.accept()
    async with bench.engine_running():
        told = await bench.until(accepted["referrals"][0]["id"], "delivered")

    assert (told["waits_on"], told["business"]) == ("agency", "received")
    assert told["receipt"] == f"R-{told['wire_key']}"


async def test_same_request_gets_the_same_answer(bench: Bench) -> None:
    """The same key with the same body, laid out anew, is one case and one answer."""
    first = await bench.accept()
    again = await bench.accept(dict(reversed(case().items())))

    assert again == first
    assert _rows(bench) == [1, 1, 1]


async def test_key_for_another_body_is_refused(bench: Bench) -> None:
    """The same key with another body is 422, and nothing of it is stored."""
    await bench.accept()
    reply = await bench.ask.post("/v1/cases", json=case(reference="other"), headers={"Idempotency-Key": "key-1"})

    assert (reply.status_code, reply.json()["type"]) == (422, "urn:naru:problem:idempotency-conflict")
    assert _rows(bench) == [1, 1, 1]


async def test_key_in_flight_is_refused(bench: Bench) -> None:
    """While a request is being worked on, another one under its key is told to come again; only one case is made."""
    replies = await asyncio.gather(
        *(bench.ask.post("/v1/cases", json=case(), headers={"Idempotency-Key": "k"}) for _ in range(4))
    )
    refused = [reply for reply in replies if reply.status_code == 409]

    assert {reply.status_code for reply in replies} == {202, 409}
    assert {reply.json()["type"] for reply in refused} == {"urn:naru:problem:request-in-flight"}
    assert {reply.headers["retry-after"] for reply in refused} == {"1"}
    assert _rows(bench) == [1, 1, 1]


async def test_two_centres_may_use_one_key(bench: Bench) -> None:
    """A key belongs to a centre: another centre's same key is another request."""
    await bench.accept()
    reply = await bench.other.post("/v1/cases", json=case(), headers={"Idempotency-Key": "key-1"})

    assert reply.status_code == 202
    assert _rows(bench)[0] == 2


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({}, 400, "idempotency-key-missing"),
        ({"Idempotency-Key": ""}, 422, "invalid-parameter"),
        ({"Idempotency-Key": "a b"}, 422, "invalid-parameter"),
        ({"Idempotency-Key": "a" * 256}, 422, "invalid-parameter"),
    ],
)
async def test_key_must_be_there_and_fit(bench: Bench, headers: dict[str, str], status: int, kind: str) -> None:
    """A missing key is told as such, an unfit one by the header's name; neither stores anything."""
    reply = await bench.ask.post("/v1/cases", json=case(), headers=headers)

    assert (reply.status_code, reply.json()["type"]) == (status, f"urn:naru:problem:{kind}")
    assert reply.json()["errors"][0]["header"] == "Idempotency-Key"
    assert _rows(bench) == [0, 0, 0]


async def test_bad_document_stores_nothing(bench: Bench) -> None:
    """A document with a fault is 422 with its place, and no row remembers it, nor its key."""
    document = case(consents=[consent(retention=None)])
    reply = await bench.ask.post("/v1/cases", json=document, headers={"Idempotency-Key": "k"})

    assert reply.status_code == 422
    assert [fault["pointer"] for fault in reply.json()["errors"]] == ["/consents/0/retention"]
    assert _rows(bench) == [0, 0, 0]


async def test_more_services_for_a_known_case(bench: Bench) -> None:
    """A case takes more referrals and consents later, under a key of their own."""
    accepted = await bench.accept()
    more = {
        "consents": [consent(purposes=["WEL-CASE"])],
        "referrals": [examples.REFERRAL | {"service_code": "WEL-CASE"}],
    }
    reply = await bench.ask.post(
        f"/v1/cases/{accepted['id']}/referrals", json=more, headers={"Idempotency-Key": "key-2"}
    )
    told = (await bench.ask.get(f"/v1/cases/{accepted['id']}")).json()

    assert reply.status_code == 202
    assert [referral["service_code"] for referral in told["referrals"]] == ["WEL-EMERG", "WEL-CASE"]


async def test_reading_a_case_is_recorded(bench: Bench) -> None:
    """Who read which case, and from where, stands in the access record."""
    accepted = await bench.accept()
    await bench.ask.get(f"/v1/cases/{accepted['id']}")
    read = audit_entries.select().where(audit_entries.c.action == "case_read")
    entry = bench.services.store.read_now(lambda conn: conn.execute(read).one())

    assert (entry.case_id, entry.origin, entry.actor[:8]) == (accepted["id"], "127.0.0.1", "key:key_")
