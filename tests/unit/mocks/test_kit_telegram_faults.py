"""The fault catalogue on a telegram line: which faults it has, and what each does to the bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from kit_bench import raw_call
from test_kit_lines import WireMock

from mocks.kit.fault_catalogue import CATALOGUE, By, LineKind, Moment
from mocks.kit.faults import FaultError
from mocks.kit.run import MockServer
from mocks.kit.telegram import framed
from mocks.kit.telegram_breakage import TELEGRAM_BREAKAGES

SAID = "홍길동".encode("cp949")
OF_THE_KIT = {name for name, kind in CATALOGUE.items() if kind.by is By.KIT and kind.moment is not Moment.CALLBACK}
HTTP_ONLY = {name for name, kind in CATALOGUE.items() if LineKind.TELEGRAM not in kind.lines}


@pytest.fixture
async def mocks() -> AsyncIterator[MockServer]:
    async with MockServer([WireMock]) as server:
        yield server


async def strike(mocks: MockServer, name: str, **rule: object) -> tuple[bytes, str]:
    """Let one fault strike a telegram; return what came back, and how the connection ended or whether it stayed."""
    times = {} if CATALOGUE[name].moment is Moment.CONNECT else {"times": 1}
    mocks.counters["wire"].faults.set({"faults": [{"name": name, **times, **rule}]})
    port = urlsplit(mocks.url_of("wire")).port or 0
    said, ending = ENDINGS.get(name, (b"", "closed"))
    journal = mocks.counters["wire"].desk.journal
    is_all = (lambda came: came == said and bool(journal.entries)) if ending == "open" else None
    return await raw_call(port, framed(SAID), enough=is_all)


def test_every_fault_is_for_telegrams_or_for_http_only() -> None:
    """No fault of the kit is forgotten on this line."""
    assert set(TELEGRAM_BREAKAGES) == OF_THE_KIT - HTTP_ONLY


ENDINGS = {
    "refuse_connection": (b"", "reset"),
    "reset_while_sending": (b"", "reset"),
    "reset_before_acceptance": (b"", "reset"),
    "no_answer": (b"", "open"),
    "accept_then_lose_reply": (b"", "closed"),
    "reset_after_acceptance": (b"", "reset"),
    "accept_then_hide": (b"", "closed"),
    "slow_drip": (b"0006" + SAID, "closed"),
    "cut_short": (b"0006" + SAID[:3], "closed"),
    "wrong_content_length": (b"0003" + SAID, "closed"),
    "truncated_body": (b"0003" + SAID[:3], "open"),
    "empty_200": (b"0000", "open"),
    "wrong_encoding": (b"0009" + "홍길동".encode(), "open"),
}


@pytest.mark.parametrize("name", sorted(OF_THE_KIT - HTTP_ONLY))
async def test_each_fault_does_to_the_bytes_what_it_says(mocks: MockServer, name: str) -> None:
    """What came back and how it ended; one act or none, as the catalogue promises; the journal names the fault."""
    received, ending = await strike(mocks, name, **({"seconds": 0.001} if name == "slow_drip" else {}))
    if name == "maintenance_page":
        assert (received[:15], "시스템 점검 안내" in received.decode("cp949"), ending) == (
            b"<!DOCTYPE html>",
            True,
            "closed",
        )
    else:
        assert (received, ending) == ENDINGS[name]
    desk = mocks.counters["wire"].desk
    (entry,) = desk.journal.entries
    assert (len(desk.ledger.acts), entry.fault) == (int(CATALOGUE[name].acts), name)


async def test_a_telegram_without_hangul_is_wrongly_encoded_too(mocks: MockServer) -> None:
    """Letters alone are the same in both encodings, so some that are not are put behind them."""
    mocks.counters["wire"].faults.set({"faults": [{"name": "wrong_encoding"}]})
    said = b"0015" + "abc똠방각하".encode()
    port = urlsplit(mocks.url_of("wire")).port or 0
    assert await raw_call(port, framed(b"abc"), enough=lambda came: came == said) == (said, "open")


@pytest.mark.parametrize("name", sorted(HTTP_ONLY))
async def test_what_only_http_has_cannot_be_set(mocks: MockServer, name: str) -> None:
    """A telegram has no status and no headers: a tester hears that, instead of waiting for nothing."""
    with pytest.raises(FaultError, match=f"line has no {name}"):
        await strike(mocks, name)
