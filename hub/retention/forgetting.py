"""Forgetting, case by case: judged and destroyed in one transaction, so that nothing comes in between.

What is left of a case is the register that the law asks for; it is kept apart until its own day (`kept_cases`), and
then deleted. The audit holds ids, codes and counts of each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from adapters.sdk.kst import kst_today
from hub.audit.entries import Action, record
from hub.retention.configured import Kept, Retention, period_of
from hub.retention.judging import CaseState, Obstacle, obstacles
from hub.store.retention import (
    HOLD,
    REGISTER,
    Destroyed,
    delete_calls_before,
    delete_case,
    destroy_case,
    keep_apart,
    kept_till_before,
    quiet_since,
    release,
    state_of_case,
)
from hub.store.store import Store

T = TypeVar("T")
_AT_ONCE = 200


class _PreviewError(Exception):
    """Ends a transaction of which nothing is to stay."""

    def __init__(self, seen: object) -> None:
        super().__init__("a preview")
        self.seen = seen


@dataclass
class Forgotten:
    """What a run did, or would do."""

    cases: list[str] = field(default_factory=list)
    destroyed: Destroyed = field(default_factory=Destroyed)
    let_go: list[str] = field(default_factory=list)
    """Cases whose rest was kept apart until now."""
    stray_calls: int = 0
    kept: Counter[Obstacle] = field(default_factory=Counter)
    """Of the cases that are old enough: why they are kept."""


@dataclass(frozen=True)
class Judged:
    """What became of one case."""

    why_kept: Sequence[Obstacle]
    destroyed: Destroyed = field(default_factory=Destroyed)


@dataclass(frozen=True)
class Forgetter:
    """Forgets. `now` is business time; with `dry`, everything is done and nothing stays."""

    store: Store
    periods: Sequence[Retention]
    now: datetime
    actor: str
    dry: bool = False

    def forget_what_is_due(self) -> Forgotten:
        """Forget every case whose time is over, let go what was kept apart, delete old calls that nobody matched."""
        done, period = Forgotten(), self._period(Kept.CASE)
        last = ""
        before = self.now if period is None else self.now - timedelta(days=period.days)
        while period is not None and (
            found := self.store.read_now(partial(quiet_since, before=before, after=last, most=_AT_ONCE))
        ):
            for case_id in found:
                judged = self.forget(case_id)
                done.destroyed += judged.destroyed
                done.kept.update(judged.why_kept)
                done.cases += [] if judged.why_kept else [case_id]
            last = found[-1]
        for case_id in self.store.read_now(partial(kept_till_before, today=kst_today(self.now))):
            self._do(partial(self._let_go, case_id=case_id))
            done.let_go.append(case_id)
        calls = self._period(Kept.CALLS)
        if calls is not None:
            done.stray_calls = self._do(partial(delete_calls_before, before=self.now - timedelta(days=calls.days)))
        return done

    def forget(self, case_id: str, *, asked_for: str | None = None) -> Judged:
        """Forget one case, if nothing stands against it. `asked_for`: a code that says why before its time.

        Raises:
            LookupError: no case has this id.
        """
        return self._do(partial(self._forget, case_id=case_id, asked_for=asked_for))

    def hold(self, case_id: str, ground: str, until: date | None) -> None:
        """Keep a case from being forgotten, by a law or an order, until a day or until it is released.

        Raises:
            LookupError: no case has this id.
        """

        def work(conn: Connection) -> None:
            state = self._state(conn, case_id)
            keep_apart(conn, case_id, HOLD, ground, until, self.now)
            self._record(conn, state, Action.CASE_HELD, {"until": until and until.isoformat()})

        self._do(work)

    def release(self, case_id: str) -> bool:
        """Take a hold back; False if there was none.

        Raises:
            LookupError: no case has this id.
        """

        def work(conn: Connection) -> bool:
            state, was_held = self._state(conn, case_id), release(conn, case_id, HOLD)
            if was_held:
                self._record(conn, state, Action.CASE_RELEASED, {})
            return was_held

        return self._do(work)

    def _forget(self, conn: Connection, case_id: str, asked_for: str | None) -> Judged:
        state, period = self._state(conn, case_id), self._period(Kept.CASE)
        days = None if period is None else period.days
        why = obstacles(state, self.now, days, asked_for=asked_for is not None)
        if why:
            return Judged(why)
        destroyed = destroy_case(conn, case_id, self.now)
        register = self._period(Kept.REGISTER)
        until = None if register is None else kst_today(self.now) + timedelta(days=register.days)
        ground = "" if register is None else register.ground
        keep_apart(conn, case_id, REGISTER, ground, until, self.now)
        data = {"why": asked_for or "retention_over", "days": days, **destroyed.as_counts()}
        self._record(conn, state, Action.CASE_PURGED, {**data, "register_until": until and until.isoformat()})
        return Judged((), destroyed)

    def _let_go(self, conn: Connection, case_id: str) -> None:
        state = self._state(conn, case_id)
        delete_case(conn, case_id)
        self._record(conn, state, Action.CASE_LET_GO, {})

    def _state(self, conn: Connection, case_id: str) -> CaseState:
        state = state_of_case(conn, case_id, self.now)
        if state is None:
            raise LookupError("no case has this id")
        return state

    def _period(self, what: Kept) -> Retention | None:
        return period_of(self.periods, what, kst_today(self.now))

    def _record(self, conn: Connection, state: CaseState, action: Action, data: dict[str, object]) -> None:
        record(
            conn, at=self.now, actor=self.actor, action=action, centre_id=state.centre_id, client_id=state.client_id,
            case_id=state.id, data=data,
        )  # fmt: skip

    def _do(self, work: Callable[[Connection], T]) -> T:
        """Do one transaction's work; of a preview nothing stays."""

        def preview(conn: Connection) -> T:
            raise _PreviewError(work(conn))

        if not self.dry:
            return self.store.write_now(work)
        try:
            return self.store.write_now(preview)
        except _PreviewError as shown:
            seen: T = shown.seen  # type: ignore[assignment]  # what `work` returned
            return seen
