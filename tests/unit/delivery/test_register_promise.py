from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ferry import ITEMS, FerryAdapter, Landing, consent, fact
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from adapters.sdk import Repeat, Verb, capabilities
from hub.api.register_views import DisclosuresView, disclosures_view
from hub.clients.register import from_position, read_page, to_position
from hub.delivery.steps import IllegalStepError
from hub.store.tables import attempts
from schemas.consent import Consent
from schemas.referral import Supplement
from schemas.status import BusinessStatus

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of its own in it
WRITES = ("/submit", "/supplement", "/withdraw")
MARKERS = ("홍표지", "1980-01-02", "010-0000-1234", "가상캐피탈", "생계가 어려움", "보완표지")

STEP = st.one_of(
    st.tuples(
        st.just("work"),
        st.sampled_from(["ok", "lose_reply", "reset_before", "refuse_connection", "busy", "no", "misconfigured"]),
    ),
    st.tuples(st.just("die"), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 61.0, 1000.0])),
    st.tuples(st.just("ask_for_more"), st.just("")),
    st.tuples(st.just("supplement"), st.just("")),
    st.tuples(st.just("resolve"), st.booleans()),
    st.tuples(st.just("withdraw"), st.just("")),
    st.tuples(st.just("consent"), st.sampled_from([ITEMS, ITEMS[:1]])),
)


class History:
    """A landing that is lived through step by step, counting what its agency's door saw and what died before it."""

    def __init__(self, landing: Landing) -> None:
        self.landing = landing
        self.referral_id = landing.accept(name="홍표지")
        self.at_the_door = 0
        self.dead = 0
        self.withdrawn = 0

    def live(self, what: str, how: Any) -> None:
        """Live through one step; what is not legal now does not happen."""
        with suppress(IllegalStepError):
            getattr(self, f"_{what}")(how)

    def _work(self, word: str) -> None:
        landing = self.landing
        landing.agency.script.clear()
        landing.agency.script.append(word)
        seen = len(landing.agency.seen)
        landing.work()
        calls = landing.agency.seen[seen:]
        lost = calls[:1] if word == "refuse_connection" else []  # the first call found the script's word
        self.at_the_door += sum(path in WRITES for path in calls) - sum(path in WRITES for path in lost)

    def _die(self, arrived: bool) -> None:
        open_before, seen = self._open(), len(self.landing.agency.seen)
        self.landing.agency.script.clear()
        self.landing.die_while_sending(arrived=arrived)
        writes = sum(path in WRITES for path in self.landing.agency.seen[seen:])
        self.at_the_door += writes
        self.dead += self._open() - open_before - writes
        self.landing.restart()

    def _open(self) -> int:
        told = select(attempts.c.id).where(attempts.c.result.is_(None), attempts.c.decision != "reconcile")
        return self.landing.store.read_now(lambda conn: len(conn.execute(told).all()))

    def _wait(self, seconds: float) -> None:
        self.landing.clock.advance(seconds)

    def _ask_for_more(self, _: str) -> None:
        self.landing.agency.facts = [fact(BusinessStatus.SUPPLEMENT_REQUESTED)]

    def _supplement(self, _: str) -> None:
        content = Supplement(opinion="보완표지")
        self.landing.do(self.landing.commands.supplement, self.referral_id, content)

    def _resolve(self, arrived: bool) -> None:
        receipt = "R-1" if arrived else None
        resolve = self.landing.commands.resolve
        self.landing.do(resolve, self.referral_id, arrived=arrived, receipt=receipt, reason="물어봄")

    def _withdraw(self, _: str) -> None:
        self.landing.do(self.landing.consents.withdraw, self.landing.consent_ids[0])
        self.withdrawn = 1

    def _consent(self, items: list[str]) -> None:
        more = Consent.model_validate_json(json.dumps(consent(items)))
        self.landing.do(self.landing.consents.add, self.landing.case_id, [more])


def read_through(landing: Landing, client_id: str, size: int) -> list[DisclosuresView]:
    """Read a register page by page, as callers do."""
    views, after = [], None
    while True:
        read = partial(read_page, centre_id=landing.actor.centre_id, client_id=client_id, after=after, limit=size)
        page = landing.store.read_now(read)
        views.append(disclosures_view(client_id, page, landing.room.agencies))
        if not page.has_more:
            return views
        after = from_position(to_position(page.entries[-1].place))


def check(history: History, size: int) -> None:
    """Check a register against the journal, against what the agency's door saw, and for values."""
    landing = history.landing
    client_id = landing.referral(history.referral_id).client_id
    views = read_through(landing, client_id, size)
    entries = [entry for view in views for entry in view.entries]
    sent = [entry.sending for entry in entries if entry.sending is not None]
    rows = {row.id: row for row in landing.store.read_now(lambda conn: conn.execute(select(attempts)).all())}

    assert len({one.id for one in sent}) == len(sent) == history.at_the_door + history.dead
    assert {one.id for one in sent} <= {key for key, row in rows.items() if row.decision in {"disclose", "withdraw"}}
    for one in sent:
        assert {field.path for field in one.fields} == set(rows[one.id].fields)
        named = {field.path: {*field.consents, *field.articles} for field in one.fields}
        assert named == {path: set(bases) for path, bases in rows[one.id].bases.items()}
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert sum(entry.consent_id is not None for entry in entries) == history.withdrawn
    shown = {consent.id for view in views for consent in view.consents}
    assert {basis for one in sent for field in one.fields for basis in field.consents} <= shown
    whole = "".join(view.model_dump_json() for view in views)
    assert [marker for marker in MARKERS if marker in whole] == []


@pytest.mark.slow
@pytest.mark.parametrize("repeat", [Repeat.KEYED, Repeat.LOOKUP, Repeat.NEVER])
@given(story=st.lists(STEP, max_size=9), size=st.integers(1, 4))
@example(story=[("work", "ok"), ("ask_for_more", ""), ("wait", 61.0), ("work", "ok"), ("supplement", ""),
                ("work", "lose_reply"), ("withdraw", ""), ("wait", 1000.0), ("work", "ok")], size=1)  # fmt: skip
@example(story=[("die", False), ("wait", 61.0), ("work", "busy"), ("resolve", False), ("work", "ok")], size=2)
@example(story=[("work", "misconfigured")], size=1)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_register_holds_exactly_what_may_have_left_and_never_a_value(
    repeat: Repeat, story: list[tuple[str, Any]], size: int
) -> None:
    """After any history: one entry for each message that reached the agency's door or died on the way, and no other."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        landing = Landing(Path(folder), repeat, verbs=capabilities(FerryAdapter) | {Verb.STATUS})
        history = History(landing)
        for what, how in story:
            history.live(what, how)
        check(history, size)
        landing.close()


def test_on_each_store_the_register_is_the_same(open_landing: Any) -> None:
    """A history with every kind of entry, on SQLite and on PostgreSQL."""
    history = History(open_landing(Repeat.KEYED))
    for what, how in (
        ("work", "lose_reply"), ("wait", 1000.0), ("work", "ok"), ("ask_for_more", ""), ("wait", 1000.0),
        ("work", "ok"), ("supplement", ""), ("work", "ok"), ("wait", 1.0), ("withdraw", ""), ("wait", 1.0),
        ("work", "no"),
    ):  # fmt: skip
        history.live(what, how)
    check(history, 2)
    client_id = history.landing.referral(history.referral_id).client_id
    (view,) = read_through(history.landing, client_id, 50)

    assert [(entry.kind, entry.sending and entry.sending.kind) for entry in view.entries] == [
        ("sent", "submit"), ("sent", "submit"), ("sent", "supplement"), ("consent_withdrawn", None),
        ("sent", "withdraw"), ("by_hand", None),
    ]  # fmt: skip
    assert view.referrals[0].holding == "by_hand"


def test_a_transfer_is_a_fact_and_no_send_of_ours(landing: Landing) -> None:
    """이송: the office that the agency named, under its Korean name, said to be the agency's doing."""
    history = History(landing)
    history.live("work", "ok")
    landing.agency.facts = [fact(BusinessStatus.TRANSFERRED, office="3980000")]
    history.live("wait", 1000.0)
    history.live("work", "ok")
    check(history, 50)
    client_id = landing.referral(history.referral_id).client_id
    (view,) = read_through(landing, client_id, 50)
    moved = view.entries[-1]

    assert (moved.kind, moved.office, moved.office_title, moved.sending) == ("transferred", "3980000", "구리시", None)
    assert "센터나 나루가 보낸 것이 아닙니다" in moved.text
    assert view.referrals[0].office_title == "구리시"
