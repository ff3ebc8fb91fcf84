"""Rotation: one key-encryption key follows another while the hub runs, in steps that may end anywhere.

next      the new key is known to the store and wraps nothing. Processes take it up: from their copy of the key file.
current   once every running process holds it, one transaction makes it the key that wraps, and the former one old.
re-wrap   what old keys wrapped is wrapped by the current one, some data keys in each transaction.
retired   an old key that wraps nothing in the store any more.

Whoever wraps reads in its own transaction which key does (`hub/vault/vault.py`), so that none is wrapped by a key that
was found to wrap nothing: transactions are as if they had run alone. Data keys are wrapped anew and never replaced.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from hub.audit.entries import Action, record
from hub.store.keks import (
    Holder,
    KekState,
    Wrapped,
    add_kek,
    case_keys_under,
    holders,
    hub_keys_under,
    put_case_key,
    put_hub_key,
    set_kek,
    states_of_keks,
    wraps_anything,
)
from hub.store.store import Store
from hub.store.wall import wall_of
from hub.vault.boxes import SealBrokenError
from hub.vault.keyring import KeyFileError, KeyWrapper, lacking
from hub.vault.vault import case_context, hub_context

_AT_ONCE = 100
_SHORTEST_BREATH_SECONDS = 0.005

Put = Callable[[Connection, Wrapped, Wrapped], bool]


@dataclass(frozen=True)
class Rewrapped:
    """What one pass over the store did."""

    case_keys: int = 0
    hub_keys: int = 0
    broken: int = 0
    """Data keys that their own key does not open: damaged rows, which are left as they are."""


class Rotation:
    """The steps, each of which may be taken again. Only one rotation at a time: the caller sees to that.

    Raises:
        KeyFileError: from every step, if a key that it needs is not at hand.
    """

    def __init__(self, store: Store, ring: KeyWrapper, now: Callable[[], datetime], actor: str) -> None:
        self._store = store
        self._ring = ring
        self._now = now
        self._actor = actor

    def states(self) -> dict[str, KekState]:
        """Return every key that the store knows of."""
        return self._store.read_now(states_of_keks)

    def in_state(self, *wanted: KekState) -> list[str]:
        """Return the keys of these states, oldest first."""
        return [kek_id for kek_id, state in self.states().items() if state in wanted]

    def unknown(self) -> list[str]:
        """Return the keys at hand that the store has not heard of: the last one may be the next."""
        known = self.states()
        return [kek_id for kek_id in self._ring.kek_ids() if kek_id not in known]

    def announce(self, kek_id: str) -> None:
        """Make a key the next one: processes are expected to take it up."""

        def work(conn: Connection) -> None:
            add_kek(conn, kek_id, KekState.NEXT, self._now())
            self._record(conn, Action.KEK_ANNOUNCED, {"kek": kek_id})

        self._store.write_now(work)

    def switch(self) -> list[Holder]:
        """Make the next key the one that wraps, unless a process does not hold it yet; return those processes."""
        return self._store.write_now(self._switch)

    def _switch(self, conn: Connection) -> list[Holder]:
        states = states_of_keks(conn)
        coming = next(kek_id for kek_id, state in states.items() if state is KekState.NEXT)
        if coming not in self._ring.kek_ids():
            raise KeyFileError(lacking([coming], self._ring))
        without = [holder for holder in holders(conn, wall_of(conn)) if coming not in holder.kek_ids]
        if not without:
            for kek_id, state in states.items():
                if state is KekState.CURRENT:
                    set_kek(conn, kek_id, KekState.OLD)
            set_kek(conn, coming, KekState.CURRENT)
            self._record(conn, Action.KEK_SWITCHED, {"kek": coming})
        return without

    def rewrap(self, after_batch: Callable[[], None] = lambda: None) -> Rewrapped:
        """Wrap by the current key whatever old keys wrapped; between two batches others get their turn."""
        old, (current,) = self.in_state(KekState.OLD), self.in_state(KekState.CURRENT)
        missing = [kek_id for kek_id in (*old, current) if kek_id not in self._ring.kek_ids()]
        if missing:
            raise KeyFileError(lacking(missing, self._ring))
        own = self._store.read_now(partial(hub_keys_under, kek_ids=old))
        done, broken = self._put(own, current, hub_context, put_hub_key)
        last, cases = "", 0
        while found := self._store.read_now(partial(case_keys_under, kek_ids=old, after=last, most=_AT_ONCE)):
            began = time.monotonic()
            put, wrong = self._put(found, current, case_context, put_case_key)
            cases, broken, last = cases + put, broken + wrong, found[-1].name
            after_batch()
            time.sleep(
                max(_SHORTEST_BREATH_SECONDS, time.monotonic() - began)
            )  # SQLite's one writer is needed elsewhere
        return Rewrapped(cases, done, broken)

    def _put(self, found: Iterable[Wrapped], kek_id: str, context: Callable[[str], str], put: Put) -> tuple[int, int]:
        pairs: list[tuple[Wrapped, Wrapped]] = []
        broken = 0
        for one in found:
            bound = context(one.name)
            try:
                plain = self._ring.unwrap(one.wrapped, bound, one.kek_id)
            except SealBrokenError:
                broken += 1
                continue
            wrapped = self._ring.wrap(plain, bound, kek_id)
            if self._ring.unwrap(wrapped, bound, kek_id) != plain:  # before the only other copy is written over
                raise KeyFileError(f"{self._ring.name} does not give back what it wrapped with the key {kek_id}")
            pairs.append((one, Wrapped(one.name, wrapped, kek_id)))
        done = self._store.write_now(lambda conn: sum(put(conn, before, after) for before, after in pairs))
        return done, broken

    def retire(self, did: Rewrapped) -> tuple[list[str], list[str]]:
        """Retire the old keys that wrap nothing more; return them, and those that still do."""

        def work(conn: Connection) -> tuple[list[str], list[str]]:
            old = [kek_id for kek_id, state in states_of_keks(conn).items() if state is KekState.OLD]
            needed = [kek_id for kek_id in old if wraps_anything(conn, kek_id)]
            retired = [kek_id for kek_id in old if kek_id not in needed]
            for kek_id in retired:
                set_kek(conn, kek_id, KekState.RETIRED)
            if retired or did.case_keys or did.hub_keys:
                counts = {"case_keys": did.case_keys, "hub_keys": did.hub_keys, "broken": did.broken}
                self._record(conn, Action.KEK_RETIRED, {"keks": retired, "still_needed": needed, **counts})
            return retired, needed

        return self._store.write_now(work)

    def _record(self, conn: Connection, action: Action, data: dict[str, str | int | Sequence[str]]) -> None:
        record(conn, at=self._now(), actor=self._actor, action=action, data=data)
