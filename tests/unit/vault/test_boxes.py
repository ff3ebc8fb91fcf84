"""Boxes: what is sealed comes back under the same key at the same place, and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.vault.boxes import KEY_BYTES, SealBrokenError, keyed_hash, new_key, place, seal, unseal

KEY, HERE = b"k" * KEY_BYTES, place("cases", "sealed_client", "cas_1")


@given(st.binary(max_size=300), st.text(max_size=60))
def test_what_is_sealed_comes_back(plaintext: bytes, where: str) -> None:
    """Any bytes, at any place."""
    assert plaintext == unseal(KEY, seal(KEY, plaintext, where), where)


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_breaks_the_seal(position: int, change: int) -> None:
    """Every single byte of a box is authenticated: version, nonce, ciphertext and tag."""
    box = bytearray(seal(KEY, "홍길동".encode(), HERE))
    box[position % len(box)] ^= change
    with pytest.raises(SealBrokenError):
        unseal(KEY, bytes(box), HERE)


@given(st.integers(min_value=0))
def test_a_cut_box_breaks_the_seal(length: int) -> None:
    """A box that lost its end, whatever the length, is a broken one, never another error."""
    box = seal(KEY, "홍길동".encode(), HERE)
    with pytest.raises(SealBrokenError):
        unseal(KEY, box[: length % len(box)], HERE)


@given(st.binary(max_size=80))
def test_bytes_from_elsewhere_are_no_box(garbage: bytes) -> None:
    """Anything that we did not seal is refused in the same way."""
    with pytest.raises(SealBrokenError):
        unseal(KEY, garbage, HERE)


def test_another_key_does_not_open() -> None:
    """A case's box opens with that case's key only."""
    with pytest.raises(SealBrokenError):
        unseal(new_key(), seal(KEY, b"x", HERE), HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        place("cases", "sealed_client", "cas_2"),
        place("cases", "sealed_other", "cas_1"),
        place("events", "sealed_client", "cas_1"),
    ],
    ids=["row", "column", "table"],
)
def test_a_box_that_was_moved_does_not_open(elsewhere: str) -> None:
    """Swapping two rows' boxes in the database is noticed."""
    with pytest.raises(SealBrokenError):
        unseal(KEY, seal(KEY, b"x", HERE), elsewhere)


def test_a_broken_seal_tells_the_place_only() -> None:
    """The error may be logged: it names table, column and row."""
    with pytest.raises(SealBrokenError) as caught:
        unseal(new_key(), seal(KEY, "홍길동".encode(), HERE), HERE)
    assert str(caught.value) == "cases.sealed_client:cas_1: the seal is broken"
    assert caught.value.__cause__ is None


def test_equal_texts_make_different_boxes() -> None:
    """A nonce is never used twice, so equal plaintexts cannot be told by their boxes."""
    assert len({seal(KEY, b"x", HERE) for _ in range(100)}) == 100


def test_a_box_shows_nothing_but_its_length() -> None:
    """29 bytes beside the text: version, nonce, tag."""
    text = "홍길동 010-0000-0001".encode()
    box = seal(KEY, text, HERE)
    assert len(text) + 29 == len(box)
    assert text not in box


def test_keyed_hashes_need_the_key() -> None:
    """Equal under the same key, different under another, and 64 hex characters long."""
    assert keyed_hash(KEY, "900101-1000000") == keyed_hash(KEY, "900101-1000000")
    assert keyed_hash(KEY, "900101-1000000") != keyed_hash(new_key(), "900101-1000000")
    assert len(keyed_hash(KEY, "")) == 64
