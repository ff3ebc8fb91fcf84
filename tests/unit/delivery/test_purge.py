"""Forgetting a case: nothing of it opens any more, its register stays, and whatever still comes for it does no harm."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ferry import Landing, consent, fact
from sqlalchemy import Connection, LargeBinary, func, select
from store_content import bytes_in
from test_callbacks_taken import tell
from test_supplements import ask_again, asked, hand_in

from hub.delivery.commands import Commands
from hub.following.shelf import shelve_calls
from hub.intake.promises import AcceptedCase
from hub.retention.configured import Kept, Retention
from hub.retention.forgetting import Forgetter
from hub.retention.judging import Obstacle
from hub.store.cases import CasePurgedError, IdempotencyRecord, insert_idempotency_key
from hub.store.copying import copy_store
from hub.store.store import Store
from hub.store.tables import (
    attempts,
    audit_entries,
    blind_indexes,
    cases,
    clients,
    consents,
    idempotency_keys,
    inbox,
    kept_cases,
    metadata,
)
from schemas.consent import Consent
from schemas.status import BusinessStatus, OutcomeCode

B, Why = BusinessStatus, Obstacle
DAYS, REGISTER_DAYS = 100, 50
PERIODS = tuple(
    Retention.model_validate({"what": what, "days": days, "ground": "시험", "mark": "A", "from": "2020-01-01"})
    for what, days in ((Kept.CASE, DAYS), (Kept.REGISTER, REGISTER_DAYS), (Kept.CALLS, 30))
)
NOT_A_CASES = {("vault_keys", "wrapped"), ("webhooks", "sealed_target"), ("audit_entries", "digest")}
"""Columns of bytes that are the hub's own, or a centre's."""


def forgetter(landing: Landing, **more: Any) -> Forgetter:
    return Forgetter(landing.store, PERIODS, landing.clock.now(), "cli", **more)


def close(landing: Landing, referral_id: str) -> None:
    """Let the agency end a referral, with words of its own, and a person close it, with theirs."""
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.REVIEWING, 40), fact(B.UNSUITABLE, 41, text="소득이 기준을 넘음"), wire_key=key, nonce=key)
    landing.do(landing.commands.close, referral_id, OutcomeCode.NOT_ELIGIBLE, "본인에게 전화로 설명함")


def full_case(landing: Landing) -> str:
    """A case with everything that a case can hold: sent, supplemented, told of, and closed."""
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    landing.work()
    ask_again(landing, referral_id, 20)
    tell(landing, fact(B.REVIEWING, 39), receipt="R-unknown")
    close(landing, referral_id)
    answer = AcceptedCase(case_id=landing.case_id, client_id="cli", consents=(), referrals=())
    record = IdempotencyRecord(
        landing.actor.centre_id, "k" * 64, "cases", "b" * 64, answer.model_dump(mode="json"), landing.clock.now()
    )
    landing.store.write_now(lambda conn: insert_idempotency_key(conn, record))
    return referral_id


def pass_days(landing: Landing, days: float) -> None:
    landing.clock.advance(days * 86_400)


def sealed_of(conn: Connection, case_id: str) -> dict[str, list[bytes]]:
    """Return the bytes in every column of bytes that may be a case's, whichever tables there are."""
    found: dict[str, list[bytes]] = {}
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary) and (table.name, column.name) not in NOT_A_CASES:
                found[f"{table.name}.{column.name}"] = [box for box in conn.execute(select(column)).scalars() if box]
    return found


def test_nothing_of_a_forgotten_case_is_left_to_open(landing: Landing) -> None:
    """Its key, every sealed column of every table, its calls, answers and blind indexes; counted as they were."""
    full_case(landing)
    before = landing.store.read_now(lambda conn: sealed_of(conn, landing.case_id))
    assert [name for name, boxes in before.items() if not boxes] == []
    pass_days(landing, DAYS + 2)
    done = forgetter(landing).forget_what_is_due()
    after = landing.store.read_now(lambda conn: sealed_of(conn, landing.case_id))
    assert {name: boxes for name, boxes in after.items() if boxes} == {}
    expected = sum(
        len(boxes) for name, boxes in before.items() if name not in {"cases.wrapped_key", "inbox.sealed_call"}
    )
    assert (done.cases, done.destroyed.keys, done.destroyed.boxes) == ([landing.case_id], 1, expected)
    assert (done.destroyed.calls + done.stray_calls, done.destroyed.answers) == (len(before["inbox.sealed_call"]), 1)
    assert done.destroyed.blind_indexes == 1
    for table in (blind_indexes, inbox):
        assert landing.store.read_now(lambda conn, t=table: conn.execute(select(t)).all()) == []
    hashes = select(idempotency_keys.c.body_hmac)
    assert landing.store.read_now(lambda conn: conn.execute(hashes).scalars().all()) == [""]


def test_what_the_law_has_kept_stays_apart_until_its_day(landing: Landing) -> None:
    """To whom, when, which fields, by which consent: as before, marked with ground and day; then it goes too."""
    referral_id = full_case(landing)
    shown = (attempts.c.recipient, attempts.c.fields, attempts.c.bases, attempts.c.started_at, attempts.c.result)
    proof = (consents.c.recipient, consents.c.purposes, consents.c["items"], consents.c.signed_at, consents.c.basis)
    queries = (select(*shown).order_by(attempts.c.id), select(*proof).order_by(consents.c.id))

    def register(conn: Connection) -> list[list[object]]:
        return [list(conn.execute(query).all()) for query in queries]

    before = landing.store.read_now(register)
    pass_days(landing, DAYS + 2)
    forgetter(landing).forget_what_is_due()
    assert landing.store.read_now(register) == before
    kept = landing.store.read_now(lambda conn: conn.execute(select(kept_cases)).one())
    last = landing.clock.now().date() + timedelta(days=REGISTER_DAYS)
    assert (kept.case_id, kept.what, kept.ground, kept.until) == (landing.case_id, "register", "시험", last.isoformat())
    pass_days(landing, REGISTER_DAYS)
    assert forgetter(landing).forget_what_is_due().let_go == []
    pass_days(landing, 1)
    assert forgetter(landing).forget_what_is_due().let_go == [landing.case_id]
    left = {
        table.name
        for table in metadata.sorted_tables
        if landing.store.read_now(lambda conn, t=table: conn.execute(select(func.count()).select_from(t)).scalar_one())
    }
    assert left <= {"centres", "vault_keys", "keks", "audit_entries", "lanes"}
    with pytest.raises(AssertionError):
        landing.referral(referral_id)


def test_the_audit_tells_why_and_how_much_and_nothing_about_a_person(landing: Landing) -> None:
    """Codes and counts, under the case's and client's ids; what was there before is untouched."""
    full_case(landing)
    query = select(audit_entries).order_by(audit_entries.c.id)
    before = landing.store.read_now(lambda conn: conn.execute(query).all())
    pass_days(landing, DAYS + 2)
    forgetter(landing).forget_what_is_due()
    after = landing.store.read_now(lambda conn: conn.execute(query).all())
    assert [row.data for row in after[: len(before)]] == [row.data for row in before]
    (entry,) = after[len(before) :]
    assert (entry.action, entry.case_id, entry.actor) == ("case_purged", landing.case_id, "cli")
    assert (entry.data["why"], entry.data["days"], entry.data["keys"]) == ("retention_over", DAYS, 1)


@pytest.mark.parametrize("days", [0, DAYS - 1, DAYS])
def test_not_a_day_too_early(landing: Landing, days: int) -> None:
    """The last day counts whole, in Korea, from the day on which the last referral ended."""
    full_case(landing)
    pass_days(landing, days)
    before = bytes_of_tables(landing)
    assert forgetter(landing).forget_what_is_due().cases == []
    assert forgetter(landing).forget(landing.case_id).why_kept == [Why.TIME_RUNS]
    assert bytes_of_tables(landing) == before


def bytes_of_tables(landing: Landing) -> dict[str, list[Any]]:
    """Return every row of every table but the audit's and stray calls'."""
    return landing.store.read_now(
        lambda conn: {
            table.name: sorted(map(repr, conn.execute(select(table)).all()))
            for table in metadata.sorted_tables
            if table.name not in {"audit_entries", "inbox"}
        }
    )


def _lost_withdrawal(landing: Landing) -> None:
    landing.accept()
    landing.work()
    landing.agency.script.extend(["lose_reply"] * 3)
    landing.do(landing.consents.withdraw, landing.consent_ids[0])


def _open_supplement(landing: Landing) -> None:
    hand_in(landing, asked(landing))


def _sending(landing: Landing) -> None:
    landing.accept()
    landing.die_while_sending(arrived=True)


def _delivered(landing: Landing) -> None:
    landing.accept()
    landing.work()


@pytest.mark.parametrize(
    ("history", "why"),
    [
        (lambda landing: landing.accept(consents=[]), Why.REFERRAL_OPEN),
        (_delivered, Why.REFERRAL_OPEN),
        (_lost_withdrawal, Why.WITHDRAWAL_UNDELIVERED),
        (_open_supplement, Why.SUPPLEMENT_OPEN),
        (_sending, Why.DELIVERY_UNDER_WAY),
    ],
    ids=["held", "delivered", "withdrawal", "supplement", "sending"],
)
def test_what_is_not_over_is_kept_however_old(
    landing: Landing, history: Callable[[Landing], Any], why: Obstacle
) -> None:
    """Open, an untold withdrawal, a supplement under way: years later it is all there, and it is said why."""
    history(landing)
    pass_days(landing, 20 * 365)
    before = bytes_of_tables(landing)
    done = forgetter(landing).forget_what_is_due()
    assert (done.cases, done.kept[why] > 0) == ([], True)
    assert bytes_of_tables(landing) == before


def test_a_client_s_demand_needs_their_withdrawal_and_no_waiting(landing: Landing) -> None:
    """While a consent is in force it is refused; withdrawn and acknowledged by the agency, it is done at once."""
    landing.accept()
    landing.work()
    kept = forgetter(landing).forget(landing.case_id, asked_for="client_demand").why_kept
    assert set(kept) == {Why.REFERRAL_OPEN, Why.CONSENT_IN_FORCE}
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert forgetter(landing).forget(landing.case_id, asked_for="client_demand").why_kept == [
        Why.REFERRAL_OPEN, Why.WITHDRAWAL_UNDELIVERED,
    ]  # fmt: skip
    landing.work()
    judged = forgetter(landing).forget(landing.case_id, asked_for="client_demand")
    assert (judged.why_kept, judged.destroyed.keys) == ((), 1)
    assert forgetter(landing).forget(landing.case_id, asked_for="client_demand").why_kept[0] is Why.PURGED


def test_a_preview_counts_and_changes_nothing(landing: Landing) -> None:
    """The same figures as the real run after it."""
    full_case(landing)
    pass_days(landing, DAYS + 2)
    before = bytes_of_tables(landing)
    seen = forgetter(landing, dry=True).forget_what_is_due()
    assert bytes_of_tables(landing) == before
    done = forgetter(landing).forget_what_is_due()
    assert (seen.cases, seen.destroyed, seen.stray_calls) == (done.cases, done.destroyed, done.stray_calls)
    assert seen.destroyed.boxes > 5


def test_late_words_of_the_agency_are_answered_and_not_kept(landing: Landing) -> None:
    """A callback by key or by receipt: no defect, nothing stored but that it came."""
    referral_id = full_case(landing)
    referral = landing.referral(referral_id)
    pass_days(landing, DAYS + 2)
    forgetter(landing).forget_what_is_due()
    before = bytes_of_tables(landing)
    tell(landing, fact(B.CLOSED, 50, text="뒤늦은 말"), wire_key=referral.wire_key, nonce="late")
    tell(landing, fact(B.CLOSED, 51, text="뒤늦은 말"), receipt=referral.receipt)
    assert bytes_of_tables(landing) == before
    assert landing.store.read_now(lambda conn: conn.execute(select(inbox)).all()) == []


def test_no_step_and_no_consent_is_taken_for_it_any_more(landing: Landing) -> None:
    """Every command says that it is gone; nothing falls due; a restart finds nothing to do."""
    referral_id = full_case(landing)
    pass_days(landing, DAYS + 2)
    forgetter(landing).forget_what_is_due()
    given = Consent.model_validate_json(json.dumps(consent(["client.name"])))
    commands: Commands = landing.commands
    for command, more in (
        (commands.cancel, ()),
        (commands.retry, ()),
        (commands.close, (OutcomeCode.OTHER, "x")),
        (commands.resolve, ()),
        (commands.override, ("x",)),
        (commands.acknowledge, ("x",)),
    ):
        named = {"arrived": True, "receipt": None, "reason": "x"} if command == commands.resolve else {}
        with pytest.raises(CasePurgedError):
            landing.do(command, referral_id, *more, **named)
    with pytest.raises(CasePurgedError):
        landing.do(landing.consents.add, landing.case_id, [given])
    with pytest.raises(CasePurgedError):
        landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.restart()
    pass_days(landing, 1000)
    assert landing.work() == 0


def test_a_forgotten_client_is_a_new_one(landing: Landing) -> None:
    """The same person comes again: nobody knows them, and no duplicate is found; from then on they are known."""
    full_case(landing)
    first = client_of(landing, landing.case_id)
    pass_days(landing, DAYS + 2)
    forgetter(landing).forget_what_is_due()
    assert landing.referral(landing.accept()).possible_duplicate_of is None
    second = client_of(landing, landing.case_id)
    assert first != second
    landing.settle()
    earlier = landing.case_id
    landing.accept()
    assert client_of(landing, landing.case_id) == second != first
    assert earlier != landing.case_id


def client_of(landing: Landing, case_id: str) -> str:
    return landing.store.read_now(
        lambda conn: conn.execute(select(cases.c.client_id).where(cases.c.id == case_id)).scalar_one()
    )


def test_a_client_with_another_case_stays_known(landing: Landing) -> None:
    """Blind indexes go with the last case that holds something."""
    full_case(landing)
    pass_days(landing, DAYS + 2)
    landing.accept()
    done = forgetter(landing).forget_what_is_due()
    assert (len(done.cases), done.destroyed.blind_indexes) == (1, 0)
    assert len(landing.store.read_now(lambda conn: conn.execute(select(blind_indexes)).all())) == 1
    assert len(landing.store.read_now(lambda conn: conn.execute(select(clients)).all())) == 1


def test_a_store_with_forgotten_cases_is_copied(landing: Landing, tmp_path: Path) -> None:
    """Counts and checksums agree; what is gone is gone in the copy."""
    full_case(landing)
    pass_days(landing, DAYS + 2)
    forgetter(landing).forget_what_is_due()
    landing.store.close()
    with closing(Store(landing.store.url)) as source, closing(Store(f"sqlite:///{tmp_path}/copy.db")) as target:
        copied = copy_store(source, target)
        assert (copied.rows["cases"], copied.rows["kept_cases"]) == (1, 1)
        assert target.read_now(lambda conn: conn.execute(select(cases.c.wrapped_key)).scalar_one()) == b""


def test_the_bytes_are_gone_from_the_files_of_a_sqlite_store(open_landing: Callable[..., Landing]) -> None:
    """Wrapped key and sealed boxes stood in the file and its journal; after the purge they stand in neither."""
    landing = open_landing()
    if landing.store.is_shared:
        pytest.skip("a server's files are its own")
    full_case(landing)
    needles = [
        box for boxes in landing.store.read_now(lambda conn: sealed_of(conn, landing.case_id)).values() for box in boxes
    ]
    before = bytes_in(landing.store)
    assert [needle for needle in needles if needle not in before] == []
    pass_days(landing, DAYS + 2)
    forgetter(landing).forget_what_is_due()
    assert landing.store.scrub()
    after = bytes_in(landing.store)
    assert [needle for needle in needles if needle in after or needle[13:45] in after] == []


def test_stray_calls_go_after_their_own_time(landing: Landing) -> None:
    """What agencies told that belongs to no referral is not kept for ever, and not deleted a day too early."""
    landing.accept(consents=[])
    tell(landing, fact(B.REVIEWING, 1), receipt="R-unknown")
    pass_days(landing, 29)
    assert forgetter(landing).forget_what_is_due().stray_calls == 0
    landing.store.write_now(partial(shelve_calls, room=landing.room))  # on the shelf it goes by the same time
    pass_days(landing, 2)
    assert forgetter(landing).forget_what_is_due().stray_calls == 1


def test_without_a_period_nothing_is_forgotten(landing: Landing) -> None:
    """No entry is in force: everything is kept, also what is very old."""
    full_case(landing)
    pass_days(landing, 36_500)
    nothing = Forgetter(landing.store, (), landing.clock.now(), "cli")
    assert nothing.forget_what_is_due().cases == []
    assert nothing.forget(landing.case_id).why_kept == [Why.NO_PERIOD]
