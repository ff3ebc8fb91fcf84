from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from issuer_bench import Issuer, issuing
from sqlalchemy import select

from hub.access import rates
from hub.access.admission import Admission, TooOftenError, TurnedAwayError
from hub.access.api_keys import new_key
from hub.access.caller import Caller
from hub.access.configured import AccessSettings
from hub.access.holders import CENTRE, add_holder, add_key
from hub.access.keys import revoke_key
from hub.access.scopes import APPLICATION, Scope
from hub.clock import SystemClock, wall_now
from hub.store.store import Store
from hub.store.tables import audit_entries, metadata
from hub.vault.vault import Vault

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HERE = "192.0.2.7"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.write_now(metadata.create_all)
    yield made
    made.close()


@pytest.fixture
def centre_id(store: Store) -> str:
    return store.write_now(lambda conn: add_holder(conn, CENTRE, "북부센터", wall_now()))


@asynccontextmanager
async def standing_at(store: Store, folder: Path, **settings: Any) -> AsyncIterator[Admission]:
    told = AccessSettings.model_validate(settings)
    admission = Admission(store, SystemClock(), Vault.open(store, folder / "kek"), told)
    try:
        yield admission
    finally:
        await admission.aclose()


def key_of(store: Store, centre_id: str, **named: Any) -> str:
    return store.write_now(lambda conn: add_key(conn, CENTRE, centre_id, wall_now(), **named)).text


def entries(store: Store) -> list[Any]:
    return store.read_now(lambda conn: conn.execute(select(audit_entries).order_by(audit_entries.c.id)).all())


async def test_a_key_comes_in_with_its_scopes(store: Store, centre_id: str, tmp_path: Path) -> None:
    """Its holder is named by the key's id; nothing is written down for coming in."""
    issued = store.write_now(lambda conn: add_key(conn, CENTRE, centre_id, wall_now(), scopes={Scope.READ}))
    async with standing_at(store, tmp_path) as admission:
        caller, standing = await admission.admit(issued.text, HERE, "one_case")

    assert caller == Caller(f"key:{issued.id}", centre_id, frozenset({Scope.READ}))
    assert (standing.policy, standing.left, entries(store)) == ("caller", 2999, [])


def _revoked(store: Store, text: str) -> str:
    assert store.write_now(lambda conn: revoke_key(conn, text.split("_")[1], wall_now()))
    return text


@pytest.mark.parametrize(
    ("spoil", "why", "named"),
    [
        (lambda store, text: new_key().text, "key_unknown", False),
        (lambda store, text: text[:-1], "key_malformed", False),
        (lambda store, text: "", "nothing_presented", False),
        (lambda store, text: "a.b.c", "key_malformed", False),
        (_revoked, "key_revoked", True),
    ],
)
async def test_who_is_turned_away_is_written_down(
    store: Store, centre_id: str, tmp_path: Path, spoil: Callable[[Store, str], str], why: str, named: bool
) -> None:
    """When, from where, at which route and why; the key's id if it was a real one once, and no word of it otherwise."""
    presented = spoil(store, key_of(store, centre_id))
    async with standing_at(store, tmp_path) as admission:
        with pytest.raises(TurnedAwayError):
            await admission.admit(presented, HERE, "one_case")
    (entry,) = entries(store)

    assert (entry.action, entry.origin, entry.centre_id) == ("authentication_failed", HERE, None)
    assert entry.data == {"route": "one_case", "why": why, "unnoted_before": 0}
    assert (entry.actor.startswith("key:"), entry.actor == "nobody") == (named, not named)
    assert not presented or presented not in json.dumps([str(part) for part in entry])


async def test_an_expired_key_is_named(store: Store, centre_id: str, tmp_path: Path) -> None:
    """An auditor sees which key somebody still uses."""
    text = key_of(store, centre_id, expires_at=wall_now() - timedelta(seconds=1))
    async with standing_at(store, tmp_path) as admission:
        with pytest.raises(TurnedAwayError):
            await admission.admit(text, HERE, "one_case")
    (entry,) = entries(store)

    assert (entry.data["why"], entry.actor.startswith("key:key_")) == ("key_expired", True)


async def test_failing_often_fills_no_disk(
    store: Store, centre_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty refusals an hour are written down, then one a minute, which says how many were not."""
    now = [0.0]
    monkeypatch.setattr(rates.Rates.__init__, "__defaults__", (lambda: now[0],))
    async with standing_at(store, tmp_path, failures=100_000) as admission:
        for _ in range(200):
            with pytest.raises(TurnedAwayError):
                await admission.admit("naru_x", HERE, "one_case")
        written = len(entries(store))
        now[0] += 60
        with pytest.raises(TurnedAwayError):
            await admission.admit("naru_x", HERE, "one_case")

    assert (written, len(entries(store)), entries(store)[-1].data["unnoted_before"]) == (60, 61, 140)


async def test_an_address_that_fails_often_is_told_to_wait(store: Store, centre_id: str, tmp_path: Path) -> None:
    """Another address is not, and neither is a good key from the very same address."""
    key = key_of(store, centre_id)
    async with standing_at(store, tmp_path, failures=2, failures_seconds=3600) as admission:
        for _ in range(2):
            with pytest.raises(TurnedAwayError):
                await admission.admit("naru_x", HERE, "one_case")
        with pytest.raises(TooOftenError) as told:
            await admission.admit("naru_x", HERE, "one_case")
        with pytest.raises(TurnedAwayError):
            await admission.admit("naru_x", "192.0.2.8", "one_case")
        caller, _ = await admission.admit(key, HERE, "one_case")

    assert (told.value.standing.policy, told.value.standing.wait > 1000) == ("failures", True)
    assert caller.scopes == APPLICATION


async def test_a_caller_who_calls_often_is_told_to_wait(store: Store, centre_id: str, tmp_path: Path) -> None:
    """Each key for itself; it is written down under the caller's name."""
    one, two = key_of(store, centre_id), key_of(store, centre_id)
    async with standing_at(store, tmp_path, calls=2, calls_seconds=3600) as admission:
        for _ in range(2):
            await admission.admit(one, HERE, "one_case")
        with pytest.raises(TooOftenError):
            await admission.admit(one, HERE, "one_case")
        await admission.admit(two, HERE, "one_case")
    (entry,) = entries(store)

    assert (entry.action, entry.centre_id, entry.data["why"]) == ("access_refused", centre_id, "too_often")


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """An issuer with one key."""
    async with issuing("EC") as opened:
        yield opened


async def test_a_token_comes_in_without_its_persons_name(
    store: Store, centre_id: str, tmp_path: Path, issuer: Issuer
) -> None:
    """The same person is the same caller each time, by a keyed hash: the address in `sub` is nowhere."""
    settings = {"jwt": dict(issuer.settings(algorithms=["ES256"]))}
    async with standing_at(store, tmp_path, **settings) as admission:
        found = [
            (await admission.admit(issuer.token(alg="ES256", naru_centre=centre_id, **more), HERE, "one_case"))[0]
            for more in ({}, {}, {"sub": "another"})
        ]
        await admission.note_refusal(found[0], HERE, "one_case", "forbidden")

    assert [caller.centre_id for caller in found] == [centre_id] * 3
    assert found[0] == found[1] != found[2]
    assert found[0].name.startswith("jwt:")
    assert len(found[0].name) == 36
    assert "person" not in json.dumps([str(part) for entry in entries(store) for part in entry])


async def test_a_token_of_a_centre_that_is_not_ours_is_turned_away(
    store: Store, centre_id: str, tmp_path: Path, issuer: Issuer
) -> None:
    """However good its signature: who comes in belongs to a centre of this hub, and nobody stands above them all."""
    settings = {"jwt": dict(issuer.settings(algorithms=["ES256"]))}
    async with standing_at(store, tmp_path, **settings) as admission:
        for other in ("ctr_nobody", "opr_nobody", f"{centre_id} "):
            with pytest.raises(TurnedAwayError):
                await admission.admit(issuer.token(alg="ES256", naru_centre=other), HERE, "one_case")

    assert {entry.data["why"] for entry in entries(store)} == {"token_centre_unknown"}


async def test_without_an_issuer_no_token_is_read(store: Store, centre_id: str, tmp_path: Path, issuer: Issuer) -> None:
    """A token is then what any other text is."""
    async with standing_at(store, tmp_path) as admission:
        with pytest.raises(TurnedAwayError):
            await admission.admit(issuer.token(alg="ES256", naru_centre=centre_id), HERE, "one_case")

    assert issuer.asked == 0
