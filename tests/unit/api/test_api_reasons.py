from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_bench import Bench, case

from adapters.sdk import RefusalReason
from hub.api.reasons import text_of
from hub.consent.reasons import WithheldReason
from hub.routing.holds import Hold
from hub.routing.routing import RoutingReason
from schemas.disclosure import FIELD_PATHS

HUB = Path(__file__).parents[3] / "hub"
CODE = re.compile(r"[a-z]+(_[a-z]+)*")


def _said(value: ast.AST) -> Iterator[str]:
    """Yield the texts that an expression may come to: not those that it only compares with."""
    match value:
        case ast.Constant(value=str() as text) if CODE.fullmatch(text):
            yield text
        case ast.IfExp():
            yield from [*_said(value.body), *_said(value.orelse)]
        case ast.JoinedStr(values=[ast.Constant(value="withdrawal_"), _]):
            yield from ("withdrawal_refused", "withdrawal_failed")


def _written() -> set[str]:
    """Return the codes that the hub's source gives as a reason."""
    found: set[str] = set()
    for file in HUB.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "reason":
                found.update(_said(node.value))
    return found


REASONS = sorted({*Hold, *WithheldReason, *RoutingReason, *RefusalReason, *_written()})


def test_source_was_read() -> None:
    """The codes of the source are really found: one plain, one of a choice, one put together."""
    assert {"defect", "agency_unreachable", "withdrawal_failed"} <= set(REASONS)


@pytest.mark.parametrize("paths", [(), ("client.name", "client.address.adm_cd")], ids=["no paths", "paths"])
@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_words(reason: str, paths: tuple[str, ...]) -> None:
    """Whatever code the hub writes, staff read whole Korean sentences, whether or not the fields are known."""
    text = text_of(reason, paths) or ""

    assert re.search("[가-힣]", text)
    assert text.endswith(".")
    assert not re.search(r"[{}_]|\(\)|client\.", text)


def test_agencys_word_is_not_ours() -> None:
    """What an agency answers has no code of our own policy's: one says what was sent, the other that nothing was."""
    assert not set(WithheldReason) & set(RefusalReason)


@pytest.mark.parametrize("path", FIELD_PATHS)
def test_field_that_cannot_go_is_named_with_the_way_out(path: str) -> None:
    """A value that the agency's wire cannot carry is told by its field, and by what staff can do."""
    text = text_of("cannot_express", [path]) or ""

    assert "취소한 뒤 고쳐서 다시 의뢰" in text
    assert path not in text
    assert text != text_of("cannot_express")


def test_unknown_office_names_the_field_and_the_way_out() -> None:
    """A client whom no office is in charge of is told by the field that decides it, and by what staff can do."""
    text = text_of("no_office") or ""

    assert "법정동코드" in text
    assert "취소한 뒤 주소를 고쳐서 다시 의뢰" in text


async def test_free_times_are_told_with_the_refusal(bench: Bench) -> None:
    """A wanted time that is taken: the event holds the times that the agency offers, for programs and for people."""
    bench.pier.mood = "offers"
    referral_id = (await bench.accept())["referrals"][0]["id"]
    async with bench.engine_running():
        refused = await bench.until(referral_id, "refused")
    told = (await bench.ask.get(f"/v1/referrals/{referral_id}/events")).json()["events"][-1]

    assert (refused["reason"], told["reason"], told["raw_code"]) == ("slot_taken", "slot_taken", "N2")
    assert told["offers"] == ["2026-03-03T01:00:00Z", "2026-03-04T05:30:00Z"]
    assert told["reason_text"].endswith("예약 가능 시간: 2026-03-03 10:00, 2026-03-04 14:30.")
    assert "예약 가능 시간에서 골라 다시 의뢰" in refused["reason_text"]


async def test_another_time_may_be_asked_for(bench: Bench) -> None:
    """After the refusal the centre adds a referral for the same service, which is no duplicate of the refused one."""
    bench.pier.mood = "offers"
    accepted = await bench.accept()
    async with bench.engine_running():
        await bench.until(accepted["referrals"][0]["id"], "refused")
        bench.pier.mood = "takes"
        wanted = {"appointment": {"method": "phone", "wanted_at": "2026-03-03T10:00:00+09:00"}}
        more = await bench.ask.post(
            f"/v1/cases/{accepted['id']}/referrals",
            json={"referrals": [case()["referrals"][0] | wanted]},
            headers={"Idempotency-Key": "key-2"},
        )
        added = await bench.until(more.json()["referrals"][0]["id"], "delivered")

    assert added["possible_duplicate_of"] is None


async def test_event_of_our_gate_does_not_blame_the_agency(bench: Bench) -> None:
    """A referral that was held for want of consent was never sent, and its events do not say that the agency spoke."""
    accepted = await bench.accept(case(consents=[]))
    referral_id = accepted["referrals"][0]["id"]
    async with bench.engine_running():
        await bench.until(referral_id, "held")
    told = (await bench.ask.get(f"/v1/referrals/{referral_id}/events")).json()["events"][-1]

    assert told["reason"] == "consent_missing"
    assert told["reason_text"].startswith("제공에 필요한 동의가 없습니다.")
    assert "기관이" not in told["reason_text"]
