"""API keys: 256 bits, shown once, stored as a hash, found by prefix, refused when revoked or expired."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from store_content import bytes_in

from hub.access.api_keys import RefusedKey, find_caller, new_key
from hub.access.caller import Caller
from hub.access.holders import CENTRE, add_holder, add_key, list_holders
from hub.access.keys import IssuedKey, revoke_key
from hub.access.scopes import APPLICATION
from hub.store.store import Store
from hub.store.tables import metadata

NOW = datetime(2024, 5, 2, 1, 30, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.write_now(metadata.create_all)
    yield made
    made.close()


@pytest.fixture
def centre_id(store: Store) -> str:
    return store.write_now(lambda conn: add_holder(conn, CENTRE, "북부센터", NOW))


def issue(store: Store, centre_id: str, expires_at: datetime | None = None) -> IssuedKey:
    return store.write_now(lambda conn: add_key(conn, CENTRE, centre_id, NOW, expires_at))


def find(store: Store, text: str, now: datetime = NOW) -> Caller | None:
    found = store.read_now(lambda conn: find_caller(conn, text, now))
    return None if isinstance(found, RefusedKey) else found


def test_a_key_has_its_form() -> None:
    """`naru_`, 12 characters to find it by, 43 characters that hold 256 random bits."""
    key = new_key()
    assert re.fullmatch(r"naru_[a-z0-9]{12}_[A-Za-z0-9_-]{43}", key.text)
    assert key.text[5:17] == key.prefix
    assert hashlib.sha256(key.text.encode()).hexdigest() == key.sha256


def test_keys_differ() -> None:
    """No two keys share their prefix or their secret."""
    keys = [new_key() for _ in range(200)]
    assert len({key.prefix for key in keys}) == len({key.text[18:] for key in keys}) == 200


def test_a_key_is_shown_by_nothing(store: Store, centre_id: str) -> None:
    """Neither `repr` tells the secret: it is shown where `text` is asked for, once."""
    made, issued = new_key(), issue(store, centre_id)
    assert made.text not in repr(made)
    assert made.sha256 not in repr(made)
    assert issued.text not in repr(issued)


def test_a_key_tells_its_centre(store: Store, centre_id: str) -> None:
    """A presented key is a key id and the centre that it belongs to."""
    key = issue(store, centre_id)
    assert Caller(f"key:{key.id}", centre_id, APPLICATION) == find(store, key.text)


def test_the_store_does_not_hold_the_key(store: Store, centre_id: str) -> None:
    """The prefix stands in the database's files; the secret does not."""
    key = issue(store, centre_id)
    kept = bytes_in(store)
    assert key.prefix.encode() in kept
    assert key.text[18:].encode() not in kept


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text[:-1],
        lambda text: f"{text}\n",
        lambda text: f" {text}",
        lambda text: text.replace("naru_", "NARU_"),
        lambda text: f"naru_{'a' * 12}_{text[18:]}",
        lambda _: "",
        lambda _: "naru_",
        lambda _: f"naru_{'나' * 12}_{'루' * 43}",
    ],
)
def test_anything_but_the_very_key_is_nobody(store: Store, centre_id: str, change: object) -> None:
    """One character more, less or other, and there is no caller; and no error either."""
    assert find(store, change(issue(store, centre_id).text)) is None  # type: ignore[operator]  # `change` is one of the table above


def test_the_secret_of_one_key_does_not_fit_another_prefix(store: Store, centre_id: str) -> None:
    """The hash covers the whole key."""
    one, two = issue(store, centre_id), issue(store, centre_id)
    assert find(store, two.text[:18] + one.text[18:]) is None


def test_a_key_is_good_until_it_expires(store: Store, centre_id: str) -> None:
    """To the microsecond before, and no longer."""
    key = issue(store, centre_id, NOW)
    assert Caller(f"key:{key.id}", centre_id, APPLICATION) == find(store, key.text, NOW - INSTANT)
    assert find(store, key.text, NOW) is None


def test_a_revoked_key_is_nobody_at_once(store: Store, centre_id: str) -> None:
    """The other keys of the centre stay good."""
    gone, kept = issue(store, centre_id), issue(store, centre_id)
    assert store.write_now(lambda conn: revoke_key(conn, gone.prefix, NOW))
    assert find(store, gone.text) is None
    assert Caller(f"key:{kept.id}", centre_id, APPLICATION) == find(store, kept.text)
    (centre,) = store.read_now(lambda conn: list_holders(conn, CENTRE, NOW))
    assert [kept.prefix] == [key.prefix for key in centre.keys]


def test_a_key_is_revoked_once(store: Store, centre_id: str) -> None:
    """Revoking again, or a key that nobody has, says that there was nothing to revoke."""
    key = issue(store, centre_id)
    answers = [store.write_now(lambda conn: revoke_key(conn, key.prefix, NOW)) for _ in range(2)]
    assert answers == [True, False]
    assert not store.write_now(lambda conn: revoke_key(conn, "zzzzzzzzzzzz", NOW))
