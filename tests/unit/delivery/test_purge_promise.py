"""Whatever the mix of cases: what is not due is never touched, and what is due is opened by nothing."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from ferry import Landing, fact
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from test_callbacks_taken import tell
from test_purge import DAYS, close, forgetter, hand_in, pass_days

from hub.store.deliveries import update_delivery
from hub.store.tables import cases, consents, events, facts, metadata, referrals
from hub.vault.boxes import SealBrokenError, event_text_place, place, unseal
from schemas.status import BusinessStatus

B = BusinessStatus
_FAR = 10.0**10
"""When a turn ends that is long enough for any test (epoch seconds)."""


def _held(landing: Landing, name: str) -> None:
    landing.accept(name=name, consents=[])


def _work_on(landing: Landing, referral_id: str) -> None:
    """Do what is due for this one, and leave the others as they are."""

    async def work() -> None:
        for one in landing.deliveries(referral_id):
            if one.due_at is not None and one.due_at <= landing.clock.now():
                await landing.store.write(partial(update_delivery, delivery_id=one.id, picked_until_wall=_FAR))
                await landing.worker.work(one.id)

    asyncio.run(work())


def _delivered(landing: Landing, name: str) -> str:
    referral_id = landing.accept(name=name)
    _work_on(landing, referral_id)
    return referral_id


def _closed(landing: Landing, name: str) -> None:
    close(landing, _delivered(landing, name))


def _cancelled(landing: Landing, name: str) -> None:
    landing.do(landing.commands.cancel, landing.accept(name=name))


def _withdrawn(landing: Landing, name: str) -> None:
    referral_id = _delivered(landing, name)
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    _work_on(landing, referral_id)


def _withdrawal_waits(landing: Landing, name: str) -> None:
    _delivered(landing, name)
    landing.do(landing.consents.withdraw, landing.consent_ids[0])


def _refused(landing: Landing, name: str) -> None:
    landing.agency.script.append("no")
    _delivered(landing, name)


def _unknown(landing: Landing, name: str) -> None:
    landing.agency.script.append("lose_reply")
    _delivered(landing, name)


def _supplement(landing: Landing, name: str) -> None:
    referral_id = _delivered(landing, name)
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.INVESTIGATING, 4), fact(B.SUPPLEMENT_REQUESTED, 5), wire_key=key)
    hand_in(landing, referral_id)


def _held_by_law(landing: Landing, name: str) -> None:
    _closed(landing, name)
    forgetter(landing).hold(landing.case_id, "법원 명령", None)


HISTORIES: dict[Callable[[Landing, str], Any], bool] = {
    _held: False, _delivered: False, _closed: True, _cancelled: True, _withdrawn: True, _withdrawal_waits: False,
    _refused: True, _unknown: False, _supplement: False, _held_by_law: False,
}  # fmt: skip
"""What may have become of a case, and whether it is over by that."""

MIXES = st.lists(st.tuples(st.sampled_from(list(HISTORIES)), st.integers(0, DAYS + 20)), min_size=1, max_size=6)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MIXES, st.integers(0, 40))
def test_only_what_is_due_is_destroyed_and_that_wholly(
    mix: list[tuple[Callable[[Landing, str], Any], int]], later: int
) -> None:
    """Each case began some days after the one before; the oracle knows their last day and whether they are over."""
    with tempfile.TemporaryDirectory() as folder, closing(Landing(Path(folder))) as landing:
        ended: dict[str, tuple[int, bool]] = {}
        day = 0
        for number, (history, rest) in enumerate(mix):
            history(landing, f"가나{number}")
            ended[landing.case_id] = (day, HISTORIES[history])
            pass_days(landing, rest)
            day += rest
        pass_days(landing, later)
        day += later
        due = {case_id for case_id, (last, over) in ended.items() if over and day - last > DAYS}
        before = landing.store.read_now(lambda conn: {one: rows_of(conn, one) for one in ended})
        keys = landing.store.read_now(lambda conn: all_case_keys(conn, landing))
        done = forgetter(landing).forget_what_is_due()
        after = landing.store.read_now(lambda conn: {one: rows_of(conn, one) for one in ended})
        assert set(done.cases) == due
        assert {one for one in ended if before[one] != after[one]} == due
        openable = landing.store.read_now(lambda conn: opened_with(conn, keys))
        assert openable == set(ended) - due


def rows_of(conn: Connection, case_id: str) -> list[str]:
    """Return every row that belongs to a case, the audit aside."""
    of_case = select(referrals.c.id).where(referrals.c.case_id == case_id)
    found: list[str] = []
    for table in metadata.sorted_tables:
        if table.name == "cases":
            which = table.c.id == case_id
        elif "case_id" in table.c and table.name != "audit_entries":
            which = table.c.case_id == case_id
        elif "referral_id" in table.c and table.name != "audit_entries":
            which = table.c.referral_id.in_(of_case)
        else:
            continue
        found += [f"{table.name}: {row}" for row in conn.execute(select(table).where(which))]
    return sorted(found)


def all_case_keys(conn: Connection, landing: Landing) -> list[bytes]:
    """Return every case's key, as somebody would have it who had copied them all before."""
    rows = conn.execute(select(cases.c.id, cases.c.wrapped_key, cases.c.kek_id)).all()
    return [landing.vault.case_key(row.id, row.wrapped_key, row.kek_id) for row in rows]


def opened_with(conn: Connection, keys: list[bytes]) -> set[str]:
    """Return the cases of which some sealed text still opens with any of these keys."""
    case_of = {row.id: row.case_id for row in conn.execute(select(referrals.c.id, referrals.c.case_id))}
    boxes = [
        *((row.id, place("cases", "sealed_client", row.id), row.sealed_client) for row in conn.execute(select(cases))),
        *(
            (row.case_id, place("referrals", "sealed_request", row.id), row.sealed_request)
            for row in conn.execute(select(referrals))
        ),
        *(
            (row.case_id, place("consents", "sealed_record", row.id), row.sealed_record)
            for row in conn.execute(select(consents))
        ),
        *(
            (case_of[row.referral_id], event_text_place(row.referral_id, row.sequence), row.sealed_text)
            for row in conn.execute(select(events))
        ),
        *(
            (case_of[row.referral_id], place("facts", "sealed_text", row.id), row.sealed_text)
            for row in conn.execute(select(facts))
        ),
    ]
    return {case_id for case_id, where, box in boxes if box and any(_opens(key, box, where) for key in keys)}


def _opens(key: bytes, box: bytes, where: str) -> bool:
    try:
        unseal(key, box, where)
    except SealBrokenError:
        return False
    return True
