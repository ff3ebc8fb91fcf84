"""Centres as holders of keys: added by name, listed in order; a key needs one. Operators: `test_keys`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hub.access.actor import Actor
from hub.access.holders import CENTRE, Holder, HolderExistsError, UnknownHolderError, add_holder, add_key, list_holders
from hub.access.keys import LiveKey
from hub.access.scopes import APPLICATION
from hub.store.store import Store
from hub.store.tables import metadata

NOW = datetime(2024, 5, 2, 1, 30, tzinfo=UTC)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.write_now(metadata.create_all)
    yield made
    made.close()


def test_centres_are_listed_with_the_prefixes_of_their_keys(store: Store) -> None:
    """A new centre has no key; one that was issued shows by its prefix."""
    north = store.write_now(lambda conn: add_holder(conn, CENTRE, "북부센터", NOW))
    south = store.write_now(lambda conn: add_holder(conn, CENTRE, "남부센터", NOW))
    key = store.write_now(lambda conn: add_key(conn, CENTRE, south, NOW))
    listed = sorted(store.read_now(lambda conn: list_holders(conn, CENTRE, NOW)), key=lambda centre: centre.name)
    live = LiveKey(key.id, key.prefix, south, APPLICATION, NOW, None)
    assert [Holder(south, "남부센터", NOW, (live,)), Holder(north, "북부센터", NOW, ())] == listed


def test_a_name_is_taken_once(store: Store) -> None:
    """Two centres of one name could not be told apart."""
    store.write_now(lambda conn: add_holder(conn, CENTRE, "북부센터", NOW))
    with pytest.raises(HolderExistsError, match="북부센터"):
        store.write_now(lambda conn: add_holder(conn, CENTRE, "북부센터", NOW))
    assert len(store.read_now(lambda conn: list_holders(conn, CENTRE, NOW))) == 1


def test_a_key_needs_a_centre(store: Store) -> None:
    """There is no key without a centre."""
    with pytest.raises(UnknownHolderError, match="ctr_9"):
        store.write_now(lambda conn: add_key(conn, CENTRE, "ctr_9", NOW))


def test_an_actor_is_a_value() -> None:
    """Name, centre, and the origin where there is one."""
    assert Actor("key:key_1", "ctr_1") == Actor(name="key:key_1", centre_id="ctr_1", origin=None)
