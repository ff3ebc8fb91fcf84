"""The mock haengbok against the golden messages: it reads the requests, and answers with the replies, to the letter."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from haengbok_wire import GOLDEN, canonical, holds, post
from lxml import etree

from mocks.haengbok import HaengbokMock, envelope
from mocks.haengbok.contract import BY_REQUEST, breach_of
from mocks.haengbok.signature import Verifier
from mocks.kit.callbacks import Callbacks
from mocks.kit.clock import BusinessClock
from mocks.kit.desk import Desk
from mocks.kit.journal import Journal
from mocks.kit.ledger import Ledger

STORY = [
    "verify",
    "register",
    "register_refused",
    "find",
    "find_nothing",
    "supplement",
    "result",
    "result_unknown",
    "withdraw",
    "fault_client",
]
RECEIPT = "HB202501150000001"
BEFORE = {
    "supplement": {
        "to": "supplement",
        "due": "20250131",
        "text": "임대차계약서 똠",
        "department": "통합조사팀",
        "twice": True,
    },
    "result": {"to": "decided", "partial_seconds": 60},
}
"""What the agency does before a scene of the story."""


class StandingClock(BusinessClock):
    """It is always nine in the morning of 15 January 2025 in Seoul."""

    def now(self) -> datetime:
        return datetime(2025, 1, 15, tzinfo=UTC)


def golden(name: str, folder: Path = GOLDEN) -> bytes:
    return (folder / f"{name}.xml").read_bytes()


def squeezed(element: etree._Element) -> bytes:
    """Return an element without the white space of its layout, in canonical form."""
    alone = etree.fromstring(etree.tostring(element, with_tail=False), etree.XMLParser(remove_blank_text=True))
    for part in alone.iter():
        part.tail = None
    return canonical(alone)


async def test_the_story_is_answered_to_the_letter() -> None:
    """Every golden request, in order, gets exactly the golden reply: commonHeader and Body."""
    clock = StandingClock()
    journal = Journal(clock)
    base = "http://127.0.0.1/haengbok"
    desk = Desk("haengbok", base, clock, Ledger(clock), journal, Callbacks(clock, journal), {"unsigned": "true"})
    mock = HaengbokMock(desk)
    for scene in STORY:
        if scene in BEFORE:
            mock.advance({"receipt": RECEIPT} | BEFORE[scene])
        request = golden(f"{scene}.request")
        operation = BY_REQUEST[str(envelope.read(request).payload.tag)]
        found = envelope.read((await mock.handle(post(operation.element, request))).body)
        expected = envelope.read(golden(f"{scene}.reply"))
        assert (scene, squeezed(expected.payload)) == (scene, squeezed(found.payload))
        assert expected.common_header is not None
        assert found.common_header is not None
        assert (scene, squeezed(expected.common_header)) == (scene, squeezed(found.common_header))


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.xml")), ids=lambda path: path.stem)
def test_golden_messages_fit_the_contract(path: Path) -> None:
    """Header, Body and fault detail of every golden message are valid."""
    message = envelope.read(path.read_bytes())
    payload = next(message.payload.iter("{*}serviceFault"), message.payload)
    assert message.common_header is not None
    assert [breach_of(payload), breach_of(message.common_header)] == [None, None]


@pytest.mark.parametrize("path", sorted((GOLDEN / "signed").glob("*.request.xml")), ids=lambda path: path.stem)
def test_signed_golden_requests_verify(path: Path) -> None:
    """The mock accepts every signed request at its time, and it is the unsigned one signed."""
    message = envelope.read(path.read_bytes())
    verifier = Verifier(GOLDEN / "signed" / "ca.pem", "naru TEST hub-signing")
    verifier.check(message, datetime(2025, 1, 15, 0, 1, tzinfo=UTC))
    assert squeezed(envelope.read(golden(path.stem)).payload) == squeezed(message.payload)


@pytest.mark.parametrize("path", sorted((GOLDEN / "signed").glob("*.reply.xml")), ids=lambda path: path.stem)
def test_signed_golden_replies_hold(path: Path) -> None:
    """Every signed reply covers Timestamp, token, commonHeader and Body."""
    parts = {"Timestamp": True, "BinarySecurityToken": True, "commonHeader": True, "Body": True}
    assert parts == holds(path.read_bytes(), GOLDEN / "signed" / "haengbok-signing.pem")
