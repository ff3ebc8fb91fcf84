"""The vault: every data key of the hub, wrapped in the store and plain only in memory, and what is done with them.

A case has a key of its own, so that destroying one key forgets one case. The inbox, the blind indexes and the
targets of notices have the hub's own keys. How a box looks is `hub/vault/boxes.py`; where the key-encryption keys
live, `hub/vault/keyring.py`; how one of them follows another, `hub/vault/rotation.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Self, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection, insert, select

from hub.clock import wall_now
from hub.store.keks import KekState, add_kek, current_kek
from hub.store.store import Store
from hub.store.tables import vault_keys
from hub.vault.boxes import SealBrokenError, keyed_hash, new_key, place, seal, unseal
from hub.vault.key_file import KeyFile
from hub.vault.keyring import KeyFileError, KeyWrapper
from schemas.base import STORED

Model = TypeVar("Model", bound=BaseModel)

_CASE_KEYS_AT_HAND = 1024


@dataclass(frozen=True)
class CaseKey:
    """A case's data key: plain for now, wrapped for the store, and which key wrapped it."""

    plain: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)
    kek_id: str


class Vault:
    """Seals and opens. Safe to use from several threads.

    Raises:
        KeyFileError: from `open` and `case_key`, if the store was sealed with another key file.
        SealBrokenError: from everything that opens a box.
    """

    def __init__(self, wrapper: KeyWrapper, *, inbox_key: bytes, blind_index_key: bytes, notices_key: bytes) -> None:
        self._wrapper = wrapper
        self.inbox_key = inbox_key
        self.notices_key = notices_key
        self._blind_index_key = blind_index_key
        self._unwrapped = lru_cache(_CASE_KEYS_AT_HAND)(self._unwrap_case_key)

    @classmethod
    def open(cls, store: Store, keys: Path | KeyWrapper) -> Self:
        """Open the vault of a store with its keys, or with its key file, which is made at the store's first start.

        Raises:
            KeyFileError: the key file is missing though the store was sealed, unfit, or not the store's.
        """
        if isinstance(keys, Path):
            keys = KeyFile.open(keys, create=not store.read_now(was_sealed))
        wrapper: KeyWrapper = keys
        return store.write_now(lambda conn: cls.load(conn, wrapper))

    @classmethod
    def load(cls, conn: Connection, wrapper: KeyWrapper) -> Self:
        """Build the vault with the hub's own keys, which are made if the store has none yet."""
        names = ("inbox", "blind_index", "notices")
        inbox_key, blind_index_key, notices_key = (_hub_key(conn, wrapper, name) for name in names)
        return cls(wrapper, inbox_key=inbox_key, blind_index_key=blind_index_key, notices_key=notices_key)

    def still_opens(self, conn: Connection) -> bool:
        """Return whether the key-encryption key opens this store's own keys, now and not only at start."""
        try:
            again = self.load(conn, self._wrapper)
        except (KeyFileError, SealBrokenError):
            return False
        return again.inbox_key == self.inbox_key

    def new_case_key(self, conn: Connection, case_id: str) -> CaseKey:
        """Make the key of a new case, wrapped by the key that the store names in this very transaction."""
        plain, kek_id = new_key(), _wrapping_kek(conn, self._wrapper)
        return CaseKey(plain, self._wrapper.wrap(plain, case_context(case_id), kek_id), kek_id)

    def case_key(self, case_id: str, wrapped: bytes, kek_id: str) -> bytes:
        """Unwrap a case's key; the ones used last are kept in memory."""
        return self._unwrapped(case_id, wrapped, kek_id)

    def seal_model(self, key: bytes, place: str, model: BaseModel) -> bytes:
        """Seal a model as JSON; what is absent in it takes no room."""
        return seal(key, model.model_dump_json(exclude_none=True).encode(), place)

    def unseal_model(self, key: bytes, place: str, box: bytes, model: type[Model], *, as_new: bool = False) -> Model:
        """Open a box that holds a model; it is validated again as what was accepted before, or as if it came today."""
        return model.model_validate_json(unseal(key, box, place), context=None if as_new else STORED)

    def seal_text(self, key: bytes, place: str, text: str) -> bytes:
        """Seal a text."""
        return seal(key, text.encode(), place)

    def unseal_text(self, key: bytes, place: str, box: bytes) -> str:
        """Open a box that holds a text."""
        return unseal(key, box, place).decode()

    def blind(self, kind: str, *values: str) -> str:
        """Return the blind index of an identity (64 hex): equal for equal values, and tells nothing without the key."""
        return keyed_hash(self._blind_index_key, json.dumps([kind, *values]))

    def hmac(self, key: bytes, text: str) -> str:
        """Return a keyed hash of a text (64 hex): never store a plain hash of personal data, it can be guessed."""
        return keyed_hash(key, text)

    def forget_case_keys(self) -> None:
        """Let go of the case keys in memory."""
        self._unwrapped.cache_clear()

    def _unwrap_case_key(self, case_id: str, wrapped: bytes, kek_id: str) -> bytes:
        return self._wrapper.unwrap(wrapped, case_context(case_id), kek_id)


def was_sealed(conn: Connection) -> bool:
    """Return whether a store was ever opened by a vault: from then on, only its own key file will do."""
    return conn.execute(select(vault_keys.c.name)).first() is not None


def case_context(case_id: str) -> str:
    """Return what a case's wrapped key is bound to."""
    return place("cases", "wrapped_key", case_id)


def hub_context(name: str) -> str:
    """Return what one of the hub's own wrapped keys is bound to."""
    return place("vault_keys", "wrapped", name)


def _wrapping_kek(conn: Connection, wrapper: KeyWrapper) -> str:
    kek_id = current_kek(conn)
    if kek_id is None:  # the store's first start
        kek_id = wrapper.kek_ids()[-1]
        add_kek(conn, kek_id, KekState.CURRENT, wall_now())
    return kek_id


def _hub_key(conn: Connection, wrapper: KeyWrapper, name: str) -> bytes:
    row = conn.execute(select(vault_keys).where(vault_keys.c.name == name)).one_or_none()
    if row is not None:
        return wrapper.unwrap(row.wrapped, hub_context(name), row.kek_id)
    key, kek_id = new_key(), _wrapping_kek(conn, wrapper)
    wrapped = wrapper.wrap(key, hub_context(name), kek_id)
    conn.execute(insert(vault_keys).values(name=name, wrapped=wrapped, kek_id=kek_id))
    return key
