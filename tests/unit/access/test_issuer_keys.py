from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from issuer_bench import Issuer, issuing

from hub.access.configured import JwtSettings
from hub.access.issuer_keys import IssuerKeys, KeysUnreachableError, keys_in


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def reading(issuer: Issuer, **settings: Any) -> AsyncIterator[tuple[IssuerKeys, Hands]]:
    hands = Hands()
    keys = IssuerKeys(issuer.settings(**settings), now=hands)
    try:
        yield keys, hands
    finally:
        await keys.aclose()


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """An issuer with one EC key."""
    async with issuing("EC") as opened:
        yield opened


async def test_keys_are_fetched_once_and_kept(issuer: Issuer) -> None:
    """Many tokens at once make one call."""
    async with reading(issuer) as (keys, _):
        found = await asyncio.gather(*(keys.find("one") for _ in range(20)))

    assert (len([key for key in found if key]), issuer.asked) == (20, 1)


async def test_old_keys_are_fetched_again(issuer: Issuer) -> None:
    """Once they are older than the settings say; a key that is gone then opens nothing."""
    async with reading(issuer, fresh_minutes=10) as (keys, hands):
        await keys.find("one")
        issuer.keys.clear()
        issuer.add("two", "EC")
        hands.now += 599
        before = await keys.find("one")
        hands.now += 1
        after = await keys.find("one")

    assert (before is not None, after, issuer.asked) == (True, None, 2)


async def test_an_unknown_key_is_looked_for_but_not_more_often_than_allowed(issuer: Issuer) -> None:
    """A new key of the issuer's is found; made-up names make no storm of calls."""
    async with reading(issuer, refetch_seconds=30) as (keys, hands):
        await keys.find("one")
        issuer.add("two", "EC")
        early = [await keys.find(f"made up {number}") for number in range(50)] + [await keys.find("two")]
        asked = issuer.asked
        hands.now += 30
        late = await keys.find("two")

    assert (set(early), asked, late is not None, issuer.asked) == ({None}, 1, True, 2)


@pytest.mark.parametrize(("status", "body"), [
    (500, b"{}"), (302, b""), (200, b"not json"), (200, b"{}"), (200, b'{"keys": []}'), (200, b"[1]"),
    (200, b'{"keys": [{"kty": "RSA", "kid": "one"}]}'), (200, b"x" * 300_000), (200, b"[" * 100_000),
])  # fmt: skip
async def test_keys_that_never_came_are_unreachable(issuer: Issuer, status: int, body: bytes) -> None:
    """Nobody can say whether a token is good: that is no refusal."""
    issuer.status, issuer.body = status, body
    async with reading(issuer) as (keys, _):
        for _ in range(3):
            with pytest.raises(KeysUnreachableError):
                await keys.find("one")

    assert issuer.asked == 1


async def test_nobody_listening_is_unreachable() -> None:
    """The same, before there is any answer; and it is tried again after the pause."""
    async with issuing("EC") as issuer:
        pass
    async with reading(issuer) as (keys, hands):
        with pytest.raises(KeysUnreachableError):
            await keys.find("one")
        hands.now += 30
        with pytest.raises(KeysUnreachableError):
            await keys.find("one")


async def test_keys_stay_good_while_the_issuer_is_away(issuer: Issuer) -> None:
    """Up to an age; then nobody can say any more. Once it is back, all is well."""
    async with reading(issuer, fresh_minutes=10, keep_hours=2) as (keys, hands):
        await keys.find("one")
        issuer.status = 503
        hands.now += 2 * 3600 - 1
        kept = await keys.find("one")
        hands.now += 60
        with pytest.raises(KeysUnreachableError):
            await keys.find("one")
        issuer.status = 200
        hands.now += 30
        back = await keys.find("one")

    assert (kept is not None, back is not None) == (True, True)


async def test_keys_may_be_a_file(issuer: Issuer, tmp_path: Path) -> None:
    """It is read again as it ages, so that a file may be replaced."""
    file = tmp_path / "jwks.json"
    file.write_bytes(issuer.jwks())
    async with reading(issuer, jwks_url="", jwks_file=file) as (keys, hands):
        first = await keys.find("one")
        issuer.add("two", "EC")
        file.write_bytes(issuer.jwks())
        hands.now += 3600
        second = await keys.find("two")

    assert (first is not None, second is not None, issuer.asked) == (True, True, 0)


def test_two_keys_of_one_name_are_refused(issuer: Issuer) -> None:
    """Which of them is meant could not be said."""
    (entry,) = json.loads(issuer.jwks())["keys"]
    with pytest.raises(ValueError, match="one id"):
        keys_in(json.dumps({"keys": [entry, entry]}).encode())


def test_a_private_key_is_passed_over(issuer: Issuer) -> None:
    """Somebody published what nobody may have: it is no longer anybody's signature."""
    entry = {**issuer.keys["one"].as_dict(private=True), "kid": "one"}
    with pytest.raises(ValueError, match="no public key"):
        keys_in(json.dumps({"keys": [entry]}).encode())


@pytest.mark.parametrize("url", [
    "http://issuer.example/keys", "https://user:word@issuer.example/keys", "ftp://127.0.0.1/", "https://", "x",
    "http://127.0.0.1.example/keys",
])  # fmt: skip
def test_keys_come_over_https_or_from_this_machine(url: str) -> None:
    """What decides who comes in is not fetched in the clear."""
    with pytest.raises(ValueError, match="jwks_url"):
        JwtSettings(issuer="x", audience="y", jwks_url=url)


def test_weak_and_ill_formed_keys_are_passed_over() -> None:
    """An RSA key of 1,024 bits, and key_ops that are no list, open nothing; the good key beside them does."""
    issuer = Issuer()
    issuer.add("good", "RSA")
    (good,) = json.loads(issuer.jwks())["keys"]
    weak = {**good, "kid": "weak", "n": good["n"][: len(good["n"]) // 2]}
    others = [weak, {**good, "kid": "odd", "key_ops": 5}, {**good, "kid": "none", "key_ops": None}, {"kty": "RSA"}]
    assert list(keys_in(json.dumps({"keys": [*others, good]}).encode())) == ["good"]
