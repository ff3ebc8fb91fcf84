from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from api_bench import Bench, case
from sqlalchemy import select, update
from structlog.testing import capture_logs

from hub.delivery import bulk as rooms
from hub.store.tables import audit_entries, cases

PATH = "/v1/referrals/bulk"
HELD = {"delivery": "held"}


async def _doubles(bench: Bench, count: int) -> list[str]:
    """Hand one client in again and again: the first is pending, the others are held."""
    return [(await bench.accept(case(), f"key-{n}"))["referrals"][0]["id"] for n in range(count)]


async def _ask(bench: Bench, action: str, where: dict[str, Any], **more: Any) -> httpx.Response:
    return await bench.ask.post(PATH, json={"action": action, "filter": where, **more})


async def test_preview_counts_and_does_nothing(bench: Bench) -> None:
    """Without a confirmation the answer says what would be done, by agency; nothing changes."""
    ids = await _doubles(bench, 3)
    told = (await _ask(bench, "cancel", HELD)).json()

    assert (told["count"], told["by_agency"], told["referrals"]) == (2, {"pier": 2}, ids[1:])
    assert (told["not_possible"], told["more"]) == (0, False)
    assert [(await bench.referral(one))["delivery"] for one in ids] == ["pending", "held", "held"]


async def test_confirmation_takes_exactly_what_was_counted(bench: Bench) -> None:
    """What came later is not touched; what changed meanwhile is skipped and named; again changes nothing more."""
    ids = await _doubles(bench, 4)
    confirm = (await _ask(bench, "cancel", HELD)).json()["confirm"]
    await bench.ask.post(f"/v1/referrals/{ids[1]}/close", json={"outcome": "other", "reason": "중복"})
    (later,) = [(await bench.accept(case(), "key-later"))["referrals"][0]["id"]]
    done = (await _ask(bench, "cancel", HELD, confirm=confirm)).json()
    again = (await _ask(bench, "cancel", HELD, confirm=confirm)).json()

    assert (done["count"], done["referrals"], done["skipped"]) == (2, ids[2:], [ids[1]])
    assert (again["count"], again["skipped"]) == (0, ids[1:])
    assert [(await bench.referral(one))["delivery"] for one in (ids[0], ids[2], later)] == [
        "pending", "cancelled", "held"
    ]  # fmt: skip


async def test_one_that_fails_keeps_no_other_from_it(bench: Bench) -> None:
    """A case that does not open: it is named among the skipped and logged by its id; the others are done."""
    ids = await _doubles(bench, 4)
    confirm = (await _ask(bench, "cancel", HELD)).json()["confirm"]
    spoil = update(cases).where(cases.c.id == (await bench.referral(ids[1]))["case_id"])
    bench.services.store.write_now(lambda conn: conn.execute(spoil.values(wrapped_key=b"broken" * 10)))
    with capture_logs() as logs:
        done = (await _ask(bench, "cancel", HELD, confirm=confirm)).json()

    assert (done["referrals"], done["skipped"]) == (ids[2:], [ids[1]])
    assert [line["referral"] for line in logs if line["event"] == "bulk_step_failed"] == [ids[1]]


async def test_closing_many_says_why(bench: Bench) -> None:
    """Closing needs an outcome and words, as closing one does; nothing else may bring them."""
    ids = await _doubles(bench, 2)
    bare = await _ask(bench, "close", HELD)
    odd = await _ask(bench, "cancel", HELD, outcome="other")
    said = {"outcome": "other", "reason": "같은 의뢰가 거듭 접수됨"}
    confirm = (await _ask(bench, "close", HELD, **said)).json()["confirm"]
    done = (await _ask(bench, "close", HELD, **said, confirm=confirm)).json()

    assert [fault["pointer"] for reply in (bare, odd) for fault in reply.json()["errors"]] == ["/outcome", "/outcome"]
    assert (done["count"], (await bench.referral(ids[1]))["outcome"]) == (1, "other")


@pytest.mark.parametrize("action", ["retry", "cancel", "resume"])
async def test_token_is_for_its_own_request(bench: Bench, action: str) -> None:
    """Another action, another filter, another centre, a cut or an invented token: nothing is done."""
    ids = await _doubles(bench, 2)
    confirm = (await _ask(bench, "cancel", HELD)).json()["confirm"]
    body = {"action": "cancel", "filter": HELD, "confirm": confirm}
    wrong = [
        await _ask(bench, action, {"reason": "possible_duplicate"}, confirm=confirm),
        await bench.other.post(PATH, json=body),
        await bench.ask.post(PATH, json=body | {"confirm": confirm[:-1]}),
        await bench.ask.post(PATH, json=body | {"confirm": "yes"}),
    ]

    assert {reply.json()["type"] for reply in wrong} == {"urn:naru:problem:bulk-changed"}
    assert (await bench.referral(ids[1]))["delivery"] == "held"


async def test_token_grows_old(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a quarter of an hour somebody must look again."""
    await _doubles(bench, 2)
    confirm, now = (await _ask(bench, "cancel", HELD)).json()["confirm"], rooms.wall_now
    monkeypatch.setattr(rooms, "wall_now", lambda: now() + timedelta(minutes=16))

    assert (await _ask(bench, "cancel", HELD, confirm=confirm)).status_code == 422


async def test_only_what_the_step_may_be_taken_for(bench: Bench) -> None:
    """Retry is for what failed or is held; the rest is counted as not possible, and so is another centre's not seen."""
    await _doubles(bench, 2)
    mine = (await _ask(bench, "retry", {"agency": "pier"})).json()
    theirs = (await bench.other.post(PATH, json={"action": "cancel", "filter": {"agency": "pier"}})).json()

    assert (mine["count"], mine["not_possible"]) == (0, 2)
    assert (theirs["count"], theirs["not_possible"]) == (0, 0)


async def test_pausing_and_resuming_many(bench: Bench) -> None:
    """What is paused by a bulk is resumed by one."""
    ids = await _doubles(bench, 1)
    for action, reason in (("pause", "paused_by_person"), ("resume", None)):
        confirm = (await _ask(bench, action, {"agency": "pier"})).json()["confirm"]
        await _ask(bench, action, {"agency": "pier"}, confirm=confirm)
        assert (await bench.referral(ids[0]))["reason"] == reason


async def test_more_than_one_request_takes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a cap, and the preview says that there is more."""
    monkeypatch.setattr(rooms, "MOST", 2)
    ids = await _doubles(bench, 4)
    told = (await _ask(bench, "cancel", {"created_before": "2999-01-01T00:00:00Z"})).json()

    assert (told["count"], told["more"], told["referrals"]) == (2, True, ids[:2])


async def test_filter_must_say_something(bench: Bench) -> None:
    """Everything at once is not asked for by leaving everything out."""
    reply = await _ask(bench, "cancel", {})

    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/filter")


async def test_who_did_it_is_written_down(bench: Bench) -> None:
    """The preview, the bulk and each referral's own step are entries, by ids and codes."""
    ids = await _doubles(bench, 2)
    confirm = (await _ask(bench, "cancel", HELD)).json()["confirm"]
    await _ask(bench, "cancel", HELD, confirm=confirm)
    query = select(audit_entries.c.action, audit_entries.c.data).order_by(audit_entries.c.id)
    rows = bench.services.store.read_now(lambda conn: list(conn.execute(query)))[-3:]

    assert [row.action for row in rows] == ["referrals_listed", "bulk_step_taken", "referral_cancelled"]
    assert rows[1].data == {"step": "cancel", "referrals": [ids[1]]}
