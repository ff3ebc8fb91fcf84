from __future__ import annotations

import pytest

from hub.access.rates import Rates, Standing, network_of


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills_evenly() -> None:
    """So many at once, then as many as came back meanwhile; the wait is told in whole seconds."""
    hands = Hands()
    rates = Rates("caller", 4, 8, hands)
    at_once = [rates.take("a") for _ in range(5)]
    hands.now += 2
    after = [rates.take("a").is_allowed for _ in range(2)]

    assert [standing.left for standing in at_once] == [3, 2, 1, 0, 0]
    assert at_once[4] == Standing("caller", 4, 8, 0, 8, 2)
    assert after == [True, False]


def test_a_bucket_holds_no_more_than_its_quota() -> None:
    """Whoever was silent for long may not call all that at once."""
    hands = Hands()
    rates = Rates("caller", 3, 1, hands)
    rates.take("a")
    hands.now += 10_000
    assert [rates.take("a").is_allowed for _ in range(4)] == [True, True, True, False]


def test_callers_do_not_share_a_bucket() -> None:
    """One who calls too often takes nothing from another."""
    rates = Rates("caller", 1, 60, Hands())
    assert [rates.take(name).is_allowed for name in ("a", "a", "b")] == [True, False, True]


def test_who_waits_as_told_is_let_in() -> None:
    """However slow the bucket fills, and whatever is in it."""
    for quota, window in ((1, 3600), (7, 3), (1000, 1), (3, 7)):
        hands = Hands()
        rates = Rates("caller", quota, window, hands)
        while (standing := rates.take("a")).is_allowed:
            pass
        hands.now += standing.wait
        assert rates.take("a").is_allowed


def test_memory_is_bounded() -> None:
    """Names that nobody has used for longest are forgotten first."""
    rates = Rates("caller", 1, 3600, Hands())
    rates.take("first")
    for number in range(10_001):
        rates.take(f"other {number}")
    assert len(rates._buckets) == 10_000
    assert rates.take("first").is_allowed


@pytest.mark.parametrize(("origin", "network"), [
    ("192.0.2.7", "192.0.2.7"), ("2001:db8::7", "2001:db8::/64"), ("2001:db8::ffff:1", "2001:db8::/64"), (None, "-"),
    ("testclient", "-"),
])  # fmt: skip
def test_an_address_stands_for_its_owner(origin: str | None, network: str) -> None:
    """Who has one IPv6 address has a whole /64 of them."""
    assert network_of(origin) == network
