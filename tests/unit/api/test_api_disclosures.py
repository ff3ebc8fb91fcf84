from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from api_bench import Bench, bench_in, case, consent, eventually
from sqlalchemy import select

from adapters.sdk import BusyError, RefusalReason, Refused
from hub.api import examples
from hub.store.tables import audit_entries, cases, consents, referrals, supplements

MARKERS = ("홍길동", "1985-03-15", "010-0000-1234", "실직으로", "시민로")


@pytest.fixture
async def bench(tmp_path: Path, store_url: str) -> AsyncIterator[Bench]:
    """The API on each database in turn."""
    async with bench_in(tmp_path, store_url=store_url) as opened:
        yield opened


async def _register(bench: Bench, accepted: dict[str, Any], **query: Any) -> dict[str, Any]:
    reply = await bench.ask.get(f"/v1/clients/{accepted['client_id']}/disclosures", params=query)
    assert reply.status_code == 200, reply.text
    assert not [marker for marker in MARKERS if marker in reply.text]
    told: dict[str, Any] = reply.json()
    return told


async def _delivered(bench: Bench, **changes: Any) -> dict[str, Any]:
    accepted = await bench.accept(case(**changes))
    async with bench.engine_running():
        await bench.until(accepted["referrals"][0]["id"], "delivered")
    return accepted


async def test_a_send_says_to_whom_what_when_and_by_which_basis(bench: Bench) -> None:
    """One entry: the recipient by name, both times, the fields by path, name and class, the consents, the receipt."""
    accepted = await _delivered(bench)
    told = await _register(bench, accepted)
    (entry,), (consent_id,) = told["entries"], accepted["consents"]
    sending = entry["sending"]

    assert (entry["kind"], entry["text"]) == ("sent", "시험 선착장 · 긴급복지 · 의뢰: 기관이 받았습니다.")
    assert entry["at_kst"].endswith("+09:00")
    assert (sending["kind"], sending["recipient"], sending["outcome"]) == ("submit", "pier", "delivered")
    assert sending["receipt"].startswith("R-NR")
    assert [(one["path"], one["title"], one["privacy"]) for one in sending["fields"]] == [
        ("client.name", "성명", "personal"),
        ("client.birth_date", "생년월일", "personal"),
        ("client.phones", "전화번호", "personal"),
        ("referral.service_code", "서비스 코드", "plain"),
        ("referral.opinion", "상담 의견", "personal"),
    ]
    assert {(tuple(one["consents"]), tuple(one["articles"])) for one in sending["fields"]} == {((consent_id,), ())}
    (basis,), (referral,) = told["consents"], told["referrals"]
    assert (basis["id"], basis["type_title"], basis["purpose_titles"]) == (consent_id, "제3자 제공", ["긴급복지"])
    assert (referral["holding"], referral["withdrawal"]) == ("held", None)
    for path in (basis["receipt"], referral["explanation"]):
        assert (await bench.ask.get(path)).status_code == 200


async def test_nothing_that_stayed_here_is_in_it(bench: Bench) -> None:
    """A referral that is held for want of a consent was never sent, and its client's register is empty."""
    accepted = await bench.accept(case(consents=[]))
    async with bench.engine_running():
        await bench.until(accepted["referrals"][0]["id"], "held")

    assert (await _register(bench, accepted))["entries"] == []


@pytest.mark.parametrize(
    ("mood", "delivery", "outcome"), [("refuses", "refused", "refused"), ("is lost", "unknown", "may_have_arrived")]
)
async def test_what_was_refused_or_lost_is_in_it_too(bench: Bench, mood: str, delivery: str, outcome: str) -> None:
    """The agency saw what it refused, and may have what it did not answer: neither is called delivered, or nothing."""
    bench.pier.mood = mood
    accepted = await bench.accept()
    async with bench.engine_running():
        await bench.until(accepted["referrals"][0]["id"], delivery)
    (entry,) = (await _register(bench, accepted))["entries"]

    assert (entry["sending"]["outcome"], entry["sending"]["receipt"]) == (outcome, None)
    assert len(entry["sending"]["fields"]) == 5


async def test_what_a_person_settled_is_delivered_if_it_was_sent_once(bench: Bench) -> None:
    """A lost answer stays a doubt until somebody knows; the only send is then the one that arrived."""
    bench.pier.mood = "is lost"
    accepted = await bench.accept()
    referral_id = accepted["referrals"][0]["id"]
    async with bench.engine_running():
        await bench.until(referral_id, "unknown")
    await bench.ask.post(f"/v1/referrals/{referral_id}/resolve", json=examples.RESOLUTION)
    (entry,) = (await _register(bench, accepted))["entries"]

    assert (entry["sending"]["outcome"], entry["sending"]["receipt"]) == ("delivered", "2025-0000001")


async def test_every_send_again_is_an_entry(bench: Bench) -> None:
    """What was lost, found not to be there, and sent again stands twice; the first one stays a doubt."""
    bench.pier.mood = "is lost"
    accepted = await bench.accept()
    referral_id = accepted["referrals"][0]["id"]
    async with bench.engine_running():
        await bench.until(referral_id, "unknown")
        bench.pier.mood = "takes"
        said = {"arrived": False, "reason": "기관에 없음"}
        assert (await bench.ask.post(f"/v1/referrals/{referral_id}/resolve", json=said)).status_code == 200
        await bench.until(referral_id, "delivered")
    entries = (await _register(bench, accepted))["entries"]

    assert [entry["sending"]["outcome"] for entry in entries] == ["may_have_arrived", "delivered"]


async def test_what_was_turned_away_may_have_been_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agency that was busy took nothing, yet the register does not say that nothing went there."""

    async def busy(self: object, order: object) -> None:
        raise BusyError("pier: busy", 3600.0)

    monkeypatch.setattr(type(bench.pier), "submit", busy)
    accepted = await bench.accept()
    referral_id = accepted["referrals"][0]["id"]
    async with bench.engine_running():
        await eventually(lambda: bench.referral(referral_id), lambda found: found["reason"] == "agency_busy")
    (entry,) = (await _register(bench, accepted))["entries"]

    assert entry["sending"]["outcome"] == "turned_away"


async def test_a_withdrawal_and_its_acknowledgement_are_told(bench: Bench) -> None:
    """In order: the send, the withdrawn consent, our telling the agency, and the agency's word."""
    accepted = await bench.accept()
    (consent_id,), referral_id = accepted["consents"], accepted["referrals"][0]["id"]
    async with bench.engine_running():
        await bench.until(referral_id, "delivered")
        await bench.ask.post(f"/v1/consents/{consent_id}/withdraw")
        await eventually(lambda: bench.referral(referral_id), lambda found: found["business"] == "withdrawn")
    told = await _register(bench, accepted)

    assert [(entry["kind"], (entry["sending"] or {}).get("kind")) for entry in told["entries"]] == [
        ("sent", "submit"), ("consent_withdrawn", None), ("sent", "withdraw"), ("acknowledged", None),
    ]  # fmt: skip
    assert told["entries"][1]["consent_id"] == consent_id
    assert told["entries"][2]["sending"]["fields"] == []
    (referral,) = told["referrals"]
    assert (referral["holding"], referral["withdrawal"]["acknowledged_to"]) == ("acknowledged", "hub")
    assert referral["withdrawal"]["acknowledged_at"] >= referral["withdrawal"]["asked_at"]


async def test_a_task_by_hand_is_open_until_somebody_records_the_acknowledgement(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agency that does not take our withdrawal is told by a person; the register says that it is not told yet."""

    async def refuse(self: object, order: object) -> Refused:
        return Refused(RefusalReason.OTHER, "W9")

    monkeypatch.setattr(type(bench.pier), "withdraw", refuse)
    accepted = await bench.accept()
    referral_id = accepted["referrals"][0]["id"]
    async with bench.engine_running():
        await bench.until(referral_id, "delivered")
        await bench.ask.post(f"/v1/consents/{accepted['consents'][0]}/withdraw")
        await eventually(lambda: bench.referral(referral_id), lambda found: found["reason"] == "tell_agency_by_hand")
    before = await _register(bench, accepted)
    await bench.ask.post(f"/v1/referrals/{referral_id}/acknowledge", json=examples.ACKNOWLEDGEMENT)
    after = await _register(bench, accepted)

    assert [entry["kind"] for entry in before["entries"]] == ["sent", "consent_withdrawn", "sent", "by_hand"]
    assert before["entries"][2]["sending"]["outcome"] == "refused"
    assert "직접 확인해" in before["entries"][3]["text"]
    (open_,) = before["referrals"]
    assert (open_["holding"], open_["withdrawal"]["acknowledged_at"]) == ("by_hand", None)
    assert after["entries"][-1]["text"].endswith("기관이 철회를 확인한 것을 담당자가 적었습니다.")


async def test_a_supplement_is_a_send_of_its_own(bench: Bench) -> None:
    """What the agency asked for and got is an entry, with the fields of the supplement."""
    accepted = await bench.accept()
    referral_id = accepted["referrals"][0]["id"]
    async with bench.engine_running():
        key = (await bench.until(referral_id, "delivered"))["wire_key"]
        said = {"key": key, "state": "supplement_requested"}
        await bench.nobody.post("/v1/callbacks/pier", json=said, headers={"x-pier": "signed"})
        await bench.ask.post(f"/v1/referrals/{referral_id}/supplement", json=examples.SUPPLEMENT)
        await eventually(lambda: bench.referral(referral_id), lambda one: one["reason"] == "supplement_acknowledged")
    entries = (await _register(bench, accepted))["entries"]

    assert [entry["sending"]["kind"] for entry in entries] == ["submit", "supplement"]
    assert "referral.opinion" in [field["path"] for field in entries[1]["sending"]["fields"]]


async def test_pages_hold_every_entry_once(bench: Bench) -> None:
    """The header Link leads through the whole register, in order, whatever the size of a page."""
    accepted = await _delivered(bench)
    for number in range(2):
        await bench.accept(case(consents=[consent(purpose_text=f"목적 {number}")]), key=f"key-{number + 2}")
    case_ids = (await bench.ask.post("/v1/clients/search", json=examples.CLIENT_SEARCH)).json()["clients"][0]["cases"]
    for case_id in case_ids:
        for given in (await bench.ask.get(f"/v1/cases/{case_id}")).json()["consents"]:
            await bench.ask.post(f"/v1/consents/{given['id']}/withdraw")
    whole = (await _register(bench, accepted))["entries"]
    read, address = [], f"/v1/clients/{accepted['client_id']}/disclosures?limit=1"
    while address:
        reply = await bench.ask.get(address)
        read += reply.json()["entries"]
        address = reply.headers.get("link", "").partition("<")[2].partition(">")[0]

    assert len(whole) >= 4
    assert read == whole
    assert [entry["at"] for entry in whole] == sorted(entry["at"] for entry in whole)


async def test_reading_it_is_noted(bench: Bench) -> None:
    """Who read it, and whose it is; nothing of what it says."""
    accepted = await _delivered(bench)
    await _register(bench, accepted)
    query = select(audit_entries).where(audit_entries.c.action == "disclosures_read")
    (noted,) = bench.services.store.read_now(lambda conn: conn.execute(query).all())

    assert (noted.client_id, noted.centre_id, noted.data) == (accepted["client_id"], bench.centre_id, {})
    assert noted.actor.startswith("key:")


async def test_another_centres_client_is_like_none(bench: Bench) -> None:
    """The same 404, and no entry in the access record of that client."""
    accepted = await _delivered(bench)
    replies = [
        await bench.other.get(f"/v1/clients/{client_id}/disclosures")
        for client_id in (accepted["client_id"], "cli_none")
    ]

    assert [reply.status_code for reply in replies] == [404, 404]
    assert replies[0].json() == replies[1].json()


async def test_it_stays_when_everything_that_is_sealed_is_gone(bench: Bench) -> None:
    """With every sealed column and key destroyed it says what it said: it rests on ids, codes and paths alone."""
    accepted = await _delivered(bench)
    before = await _register(bench, accepted)

    def destroy(conn: Any) -> None:
        conn.execute(cases.update().values(wrapped_key=b"", sealed_client=b"", kek_id=""))
        conn.execute(consents.update().values(sealed_record=b""))
        conn.execute(referrals.update().values(sealed_request=b""))
        conn.execute(supplements.update().values(sealed_content=b""))

    bench.services.store.write_now(destroy)

    assert await _register(bench, accepted) == before
    assert json.dumps(before, ensure_ascii=False).count("성명") == 1
