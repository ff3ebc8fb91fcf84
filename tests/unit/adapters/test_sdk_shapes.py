"""What the sdk declares: profiles, keys, orders, capabilities, the registry, Korean time, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from typing import Any

import pytest
import toy_adapter as toy
from hypothesis import given
from hypothesis import strategies as st
from raw_wire import Decisions

from adapters.sdk import (
    AdapterSettings,
    Gate,
    Need,
    Reconcile,
    SubmitOrder,
    UndecidedError,
    Verb,
    VerifyOrder,
    WireKey,
    capabilities,
)
from adapters.sdk.kst import from_kst, kst_today, to_kst_day, to_kst_milli, to_kst_second
from adapters.sdk.registry import Broken, DuplicateAdapterError, installed_adapters
from schemas.client import DisclosedClient
from schemas.disclosure import Disclosure

NOON = datetime(2025, 1, 15, 12, 0, 0, 123_456, tzinfo=UTC)
PROFILE = toy.Toy.profile

IMPOSSIBLE: Mapping[str, dict[str, Any]] = {
    "slug with a hyphen": {"slug": "to-y"},
    "unknown path": {"discloses": frozenset({"client.shoe_size"}), "requires": frozenset()},
    "group path": {"discloses": frozenset({"client.address"}), "requires": frozenset()},
    "requires more than it discloses": {"requires": frozenset({"client.rrn"})},
    "a verb discloses more": {"narrower": {"verify": Need(frozenset({"client.rrn"}), frozenset())}},
    "a verb requires more": {"narrower": {"verify": Need(frozenset({"client.name"}), frozenset({"client.phones"}))}},
}


@pytest.mark.parametrize("change", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_an_impossible_profile_is_refused(change: dict[str, Any]) -> None:
    """A declaration that contradicts itself or the schema fails at import."""
    with pytest.raises(ValueError):  # noqa: PT011 - the declaration is wrong; which word says so does not matter
        replace(PROFILE, **change)


def test_a_verb_needs_what_a_submit_needs_unless_it_is_narrower() -> None:
    """`need_of` answers for every verb."""
    narrow = Need(frozenset({"client.name"}), frozenset({"client.name"}))
    profile = replace(PROFILE, narrower={Verb.VERIFY: narrow})
    assert (profile.need_of("verify"), profile.need_of(Verb.SUBMIT)) == (
        narrow,
        Need(PROFILE.discloses, PROFILE.requires),
    )


@given(width=st.integers(18, 40))
def test_keys_have_their_form_and_never_meet(width: int) -> None:
    """Prefix, Korean day, random capitals and digits, as wide as the wire wants."""
    one, two = (WireKey(width).make(NOON) for _ in range(2))
    assert (len(one), one[:10], one.isalnum(), one != two) == (width, "NR20250115", True, True)


def test_a_key_too_narrow_to_be_random_is_refused() -> None:
    """Eight random characters at least."""
    with pytest.raises(ValueError, match="too few"):
        WireKey(17)


@pytest.mark.parametrize("kind", [SubmitOrder, VerifyOrder])
def test_an_order_holds_no_more_than_its_decision(kind: type[SubmitOrder | VerifyOrder], decisions: Decisions) -> None:
    """A document that was not pruned is stopped before any adapter sees it, and the text names paths only."""
    document = Disclosure(client=DisclosedClient(name="홍길동", rrn="9001011000000"))
    envelope = {"wire_key": "k", "message_id": "0" * 32, "sent_at": NOON, "document": document}
    kind(**envelope, decision=decisions.disclose(fields=frozenset({"client.name", "client.rrn"})))
    with pytest.raises(UndecidedError, match=r"client\.rrn") as raised:
        kind(**envelope, decision=decisions.disclose(fields=frozenset({"client.name"})))
    assert "홍길동" not in str(raised.value)


def test_orders_show_no_document(decisions: Decisions) -> None:
    """`repr` of an order holds neither the document nor the stamp."""
    decision = decisions.disclose(fields=frozenset({"client.name"}))
    document = Disclosure(client=DisclosedClient(name="홍길동"))
    order = SubmitOrder(wire_key="k", message_id="0" * 32, sent_at=NOON, decision=decision, document=document)
    assert ("홍길동" in repr(order), decision.stamp in repr(order)) == (False, False)


def test_capabilities_come_from_the_class() -> None:
    """What a class does not implement, it cannot claim."""
    assert capabilities(toy.Toy) == {Verb.SUBMIT, Verb.FIND}


def test_a_look_up_may_be_made_twice(gate: Gate, decisions: Decisions) -> None:
    """Only writes are spent by their first byte; what left is known until it is forgotten."""
    decision = decisions.other(Reconcile)
    for _ in range(2):
        gate.let_first_byte_pass(decision, "haengbok")
    left = gate.has_left(decision.attempt_id)
    gate.forget(decision.attempt_id)
    assert (left, gate.has_left(decision.attempt_id)) == (True, False)


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, "naru.adapters")


def test_installed_adapters_load_or_say_why_not() -> None:
    """A failed import, a stranger, a false name: each shows as a broken lane, in the order of slugs."""
    found = installed_adapters([
        point("toy", "toy_adapter:Toy"),
        point("absent", "no_such_module:X"),
        point("stranger", "toy_adapter:toy_subject"),
        point("liar", "toy_adapter:Toy"),
    ])  # fmt: skip
    broken = [slug for slug, loaded in found.items() if isinstance(loaded, Broken)]
    assert (list(found), broken) == (["absent", "liar", "stranger", "toy"], ["absent", "liar", "stranger"])
    assert found["toy"] is toy.Toy


def test_a_look_up_that_nobody_can_make_is_a_broken_lane() -> None:
    """An adapter that says its unknowns are looked up, and has no find, is never active, and its lane says why."""
    found = installed_adapters([point("toy", "toy_adapter:Boaster")])
    assert found == {"toy": Broken("toy", "toy_adapter:Boaster cannot be used: repeat by look-up needs find")}


def test_the_same_slug_twice_refuses_to_start() -> None:
    """Nobody replaces a built-in adapter in silence."""
    with pytest.raises(DuplicateAdapterError, match="toy"):
        installed_adapters([point("toy", "toy_adapter:Toy"), point("toy", "toy_adapter:Gossip")])


def test_both_built_in_adapters_are_installed() -> None:
    """They come in by the same door as everybody's."""
    found = installed_adapters()
    assert {"community_center", "haengbok"} <= {
        slug for slug, loaded in found.items() if not isinstance(loaded, Broken)
    }


def test_korean_time_is_nine_hours_ahead() -> None:
    """Three in the afternoon UTC is tomorrow in Korea."""
    late = datetime(2025, 1, 15, 15, 0, tzinfo=UTC)
    assert (to_kst_day(late), kst_today(late).isoformat()) == ("20250116", "2025-01-16")
    assert (to_kst_second(NOON), to_kst_milli(NOON)) == ("20250115210000", "20250115210000123")


@given(moment=st.datetimes(datetime(1900, 1, 1), datetime(2999, 1, 1)))  # noqa: DTZ001 - hypothesis wants bare bounds
def test_korean_time_comes_back(moment: datetime) -> None:
    """What was written is read again, to the millisecond."""
    aware = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    assert from_kst(to_kst_milli(aware)) == aware


@pytest.mark.parametrize(
    "text", ["", "2025", "2025-01-15", "20250230", "2025011525", "20250115240000", "２０２５０１１５"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    """Other forms, other digits, days and hours that do not exist."""
    with pytest.raises(ValueError):  # noqa: PT011 - by our check or the library's
        from_kst(text)


@pytest.mark.parametrize(
    ("url", "problems"),
    [
        ("https://agency.example.kr/a", 0),
        ("http://agency.example.kr", 1),
        ("https://127.0.0.1", 1),
        ("https://[::1]:8443", 1),
        ("https://localhost", 1),
        ("https://a.localhost", 1),
        ("http://127.8.8.8", 2),
        ("", 1),
    ],
)
def test_live_mode_refuses_plain_and_near(url: str, problems: int) -> None:
    """Plaintext wires and this machine itself are for mocks."""
    assert len(AdapterSettings(base_url=url).unfit_for_live()) == problems
