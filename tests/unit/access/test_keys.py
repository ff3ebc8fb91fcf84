from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from hub.access.api_keys import RefusedKey, find_caller
from hub.access.caller import Caller
from hub.access.holders import (
    CENTRE,
    OPERATOR,
    HolderExistsError,
    UnfitScopeError,
    UnknownHolderError,
    add_holder,
    add_key,
    list_holders,
)
from hub.access.keys import IssuedKey, UnknownKeyError, live_keys, revoke_key, rotate_key
from hub.access.scopes import APPLICATION, OF_THE_HUB, ROLES, Scope, from_text, in_text
from hub.store.store import Store
from hub.store.tables import api_keys, metadata

NOW = datetime(2024, 5, 2, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.write_now(metadata.create_all)
    yield made
    made.close()


@pytest.fixture
def centre_id(store: Store) -> str:
    return store.write_now(lambda conn: add_holder(conn, CENTRE, "북부센터", NOW))


def find(store: Store, key: IssuedKey, now: datetime = NOW) -> Caller | RefusedKey:
    return store.read_now(lambda conn: find_caller(conn, key.text, now))


def rotate(store: Store, holder: str, prefix: str, **named: object) -> tuple[IssuedKey, datetime]:
    return store.write_now(lambda conn: rotate_key(conn, holder, prefix, NOW, DAY, **named))  # type: ignore[arg-type]


def test_a_rotated_key_ends_by_itself(store: Store, centre_id: str) -> None:
    """Both open the same during the overlap; then the old one is over, and nobody had to come back."""
    old = store.write_now(lambda conn: add_key(conn, CENTRE, centre_id, NOW, scopes={Scope.READ}))
    new, ends = rotate(store, centre_id, old.prefix)

    assert ends == NOW + DAY
    assert find(store, old) == Caller(f"key:{old.id}", centre_id, frozenset({Scope.READ}))
    assert find(store, new, NOW + DAY) == Caller(f"key:{new.id}", centre_id, frozenset({Scope.READ}))
    assert find(store, old, NOW + DAY) == RefusedKey("key_expired", f"key:{old.id}")


def test_rotating_lengthens_no_old_key(store: Store, centre_id: str) -> None:
    """A key that was to end within the overlap still does; the new one lives as long as the old was meant to."""
    old = store.write_now(lambda conn: add_key(conn, CENTRE, centre_id, NOW - 9 * DAY, NOW + DAY / 2))
    new, ends = rotate(store, centre_id, old.prefix)

    assert (ends, new.expires_at) == (NOW + DAY / 2, NOW + 9.5 * DAY)


def test_only_a_live_key_of_the_holder_is_rotated(store: Store, centre_id: str) -> None:
    """Not another centre's, not one that is over or revoked, not one that nobody has."""
    other = store.write_now(lambda conn: add_holder(conn, CENTRE, "남부센터", NOW))
    foreign, over, gone = (
        store.write_now(lambda conn, h=holder, e=expires: add_key(conn, CENTRE, h, NOW - DAY, e))
        for holder, expires in ((other, None), (centre_id, NOW), (centre_id, None))
    )
    store.write_now(lambda conn: revoke_key(conn, gone.prefix, NOW))
    for prefix in (foreign.prefix, over.prefix, gone.prefix, "zzzzzzzzzzzz"):
        with pytest.raises(UnknownKeyError, match=prefix):
            rotate(store, centre_id, prefix)


def test_a_key_is_revoked_by_its_holder_only(store: Store, centre_id: str) -> None:
    """A prefix of another's key is nothing to revoke."""
    key = store.write_now(lambda conn: add_key(conn, CENTRE, centre_id, NOW))
    revoked = [store.write_now(lambda conn, h=h: revoke_key(conn, key.prefix, NOW, h)) for h in ("opr_1", centre_id)]
    assert revoked == [False, True]


def test_an_operator_has_no_centre(store: Store) -> None:
    """Its key says so, whoever reads it."""
    operator = store.write_now(lambda conn: add_holder(conn, OPERATOR, "전산팀", NOW))
    key = store.write_now(lambda conn: add_key(conn, OPERATOR, operator, NOW, scopes={Scope.OPERATE}))
    (listed,) = store.read_now(lambda conn: list_holders(conn, OPERATOR, NOW))

    assert find(store, key) == Caller(f"key:{key.id}", None, frozenset({Scope.OPERATE}))
    assert (listed.id, [live.prefix for live in listed.keys]) == (operator, [key.prefix])


@pytest.mark.parametrize("scopes", [{Scope.CASES}, {Scope.OPERATE, Scope.READ}, {Scope.CONSENTS}, set()])
def test_an_operator_gets_nothing_about_cases(store: Store, scopes: set[Scope]) -> None:
    """Nor a key that opens nothing."""
    operator = store.write_now(lambda conn: add_holder(conn, OPERATOR, "전산팀", NOW))
    with pytest.raises(UnfitScopeError, match="admin, audit, operate"):
        store.write_now(lambda conn: add_key(conn, OPERATOR, operator, NOW, scopes=scopes))


def test_operators_are_told_apart(store: Store) -> None:
    """A name is taken once, and a key needs an operator that is there."""
    store.write_now(lambda conn: add_holder(conn, OPERATOR, "전산팀", NOW))
    with pytest.raises(HolderExistsError, match="전산팀"):
        store.write_now(lambda conn: add_holder(conn, OPERATOR, "전산팀", NOW))
    with pytest.raises(UnknownHolderError, match="opr_9"):
        store.write_now(lambda conn: add_key(conn, OPERATOR, "opr_9", NOW, scopes={Scope.OPERATE}))


@pytest.mark.parametrize("both", [True, False])
def test_a_key_has_one_holder(store: Store, centre_id: str, *, both: bool) -> None:
    """The database itself refuses a key of a centre and an operator, or of nobody."""
    operator = store.write_now(lambda conn: add_holder(conn, OPERATOR, "전산팀", NOW))
    key = store.write_now(lambda conn: add_key(conn, CENTRE, centre_id, NOW))
    change = {"operator_id": operator} if both else {"centre_id": None}
    with pytest.raises(IntegrityError):
        store.write_now(lambda conn: conn.execute(api_keys.update().where(api_keys.c.id == key.id).values(change)))


def test_a_key_without_words_opens_nothing(store: Store, centre_id: str) -> None:
    """Nor does a word that nobody knows: what is written by hand gives nothing away."""
    key = store.write_now(lambda conn: add_key(conn, CENTRE, centre_id, NOW))
    for words in ("", "READ everything *"):
        store.write_now(lambda conn, w=words: conn.execute(text("UPDATE api_keys SET scopes = :w"), {"w": w}))
        assert find(store, key) == Caller(f"key:{key.id}", centre_id, frozenset())


def test_scopes_are_words_in_one_order() -> None:
    """Whatever they were given in."""
    assert in_text({Scope.ADMIN, Scope.CASES, Scope.READ}) == "cases read admin"
    assert [from_text(in_text(scopes)) for scopes in ROLES.values()] == list(ROLES.values())


def test_what_is_given_without_asking_is_not_the_audit() -> None:
    """Nor is anything of a client's within reach of the hub's operators."""
    assert Scope.AUDIT not in APPLICATION
    assert OF_THE_HUB.isdisjoint({Scope.CASES, Scope.CONSENTS, Scope.READ})


def test_keys_of_a_holder_are_listed(store: Store, centre_id: str) -> None:
    """Those that open something at that moment."""
    lives, over = (
        store.write_now(lambda conn, e=e: add_key(conn, CENTRE, centre_id, NOW, e)) for e in (None, NOW + DAY)
    )
    shown = [store.read_now(lambda conn, t=t: live_keys(conn, t, centre_id)) for t in (NOW, NOW + DAY)]

    assert [[key.prefix for key in keys] for keys in shown] == [[lives.prefix, over.prefix], [lives.prefix]]
