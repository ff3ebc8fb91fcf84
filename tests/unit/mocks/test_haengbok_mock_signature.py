"""The mock haengbok's judgement of signatures, against messages that were signed by hand or tampered with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from haengbok_attacks import ATTACKS, header_of, security_of
from haengbok_wire import (
    KEY,
    PERSON,
    REFERRAL,
    HandSigner,
    answer,
    holds,
    message,
    post,
    to_bytes,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from mocks.haengbok import HaengbokMock
from mocks.kit.agency import Reply
from mocks.kit.desk import Desk, desk_for
from mocks.kit.pki import Certificates, make_certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("pki") / "certificates")


@pytest.fixture
def signer(certificates: Certificates) -> HandSigner:
    return HandSigner(certificates.certificate("hub-signing"), certificates.key("hub-signing"))


@pytest.fixture
def desk(certificates: Certificates) -> Desk:
    return desk_for("haengbok", {"certificates": str(certificates.folder)})


@pytest.fixture
def mock(desk: Desk) -> HaengbokMock:
    return HaengbokMock(desk)


async def send(mock: HaengbokMock, root: etree._Element, operation: str = "register") -> Reply:
    return await mock.handle(post(operation, to_bytes(root)))


async def test_hand_signed_registration_is_taken(mock: HaengbokMock, signer: HandSigner, desk: Desk) -> None:
    """A message signed by the written profile, with 똠 in it, is taken and lands in the ledger once."""
    reply = await send(mock, signer.sign(message("register", PERSON)))
    assert (reply.status, answer(reply)["rtnCd"]) == (200, "0000")
    assert [(act.operation, act.key, act.state) for act in desk.ledger.acts] == [("register", KEY, "received")]


async def test_reply_is_signed_in_all_four_parts(
    mock: HaengbokMock, signer: HandSigner, certificates: Certificates
) -> None:
    """Timestamp, token, commonHeader and Body of a reply hold, and nothing else is signed."""
    reply = await send(mock, signer.sign(message("register", PERSON)))
    assert holds(reply.body, certificates.certificate("haengbok-signing")) == {
        "Timestamp": True,
        "BinarySecurityToken": True,
        "commonHeader": True,
        "Body": True,
    }


async def test_fault_is_signed_too(mock: HaengbokMock, certificates: Certificates) -> None:
    """A fault about bytes that are no XML is signed; it has no commonHeader to repeat."""
    reply = await mock.handle(post("register", b"<not xml"))
    assert holds(reply.body, certificates.certificate("haengbok-signing")) == {
        "Timestamp": True,
        "BinarySecurityToken": True,
        "Body": True,
    }


async def test_fault_repeats_the_transaction(mock: HaengbokMock, signer: HandSigner) -> None:
    """A refused message gets its own transactionUniqueId back, so that the fault belongs to it."""
    transaction = "2025011509000000099999999"
    text = message("register", PERSON | {"zipNo": "1"}, transaction=transaction)
    reply = await send(mock, signer.sign(text))
    assert transaction == etree.fromstring(reply.body).findtext(f".//{{{REFERRAL}}}transactionUniqueId")


async def test_unsigned_message_is_refused(mock: HaengbokMock, desk: Desk) -> None:
    """Without a signature nothing is done."""
    reply = await send(mock, etree.fromstring(message("register", PERSON)))
    assert (answer(reply)["fault"], answer(reply)["errCd"]) == ("soap:Client", "E101")
    assert desk.ledger.acts == ()


@pytest.mark.parametrize("part", ["Timestamp", "BinarySecurityToken", "commonHeader", "Body"])
async def test_every_part_must_be_signed(mock: HaengbokMock, signer: HandSigner, desk: Desk, part: str) -> None:
    """A signature that leaves out one part is refused, although it verifies."""
    reply = await send(mock, signer.sign(message("register", PERSON), leave_out=part))
    assert answer(reply)["errCd"] == "E101"
    assert desk.ledger.acts == ()


async def test_changed_body_is_refused(mock: HaengbokMock, signer: HandSigner) -> None:
    """One changed syllable breaks the signature."""
    root = signer.sign(message("register", PERSON))
    next(root.iter(f"{{{REFERRAL}}}tgtrNm")).text = "홍길순"
    assert answer(await send(mock, root))["errCd"] == "E102"


async def test_changed_header_is_refused(mock: HaengbokMock, signer: HandSigner) -> None:
    """A changed 기관코드 breaks the signature."""
    root = signer.sign(message("register", PERSON))
    next(root.iter(f"{{{REFERRAL}}}userDeptCode")).text = "3740000"
    assert answer(await send(mock, root))["errCd"] == "E102"


async def test_sha1_is_refused(mock: HaengbokMock, signer: HandSigner) -> None:
    """A signature by SHA-1 that holds in itself is refused by its algorithms."""
    assert answer(await send(mock, signer.sign(message("register", PERSON), sha1=True)))["errCd"] == "E101"


@pytest.mark.parametrize("name", ["foreign-signing", "haengbok-signing", "hub-client", "tls-server"])
async def test_only_the_hub_may_sign(mock: HaengbokMock, certificates: Certificates, name: str) -> None:
    """A foreign CA, and every other certificate of the right one, is refused: also the agency's own."""
    stranger = HandSigner(certificates.certificate(name), certificates.key(name))
    assert answer(await send(mock, stranger.sign(message("register", PERSON))))["errCd"] == "E103"


async def test_token_that_is_no_certificate_is_refused(mock: HaengbokMock, signer: HandSigner) -> None:
    """Garbage in the token is an untrusted certificate, not an accident."""
    signer.token = "bm90IGEgY2VydGlmaWNhdGU="
    assert answer(await send(mock, signer.sign(message("register", PERSON))))["errCd"] == "E103"


@pytest.mark.parametrize(
    ("age", "lifetime", "expected"),
    [
        (0, 300, "0000"),
        (299, 300, "0000"),
        (301, 300, "E104"),
        (-50, 300, "0000"),
        (-70, 300, "E104"),
        (0, 301, "E104"),
        (0, 0, "E104"),
        (0, -5, "E104"),
    ],
)
async def test_freshness_window(
    mock: HaengbokMock, signer: HandSigner, age: float, lifetime: float, expected: str
) -> None:
    """Created at most a minute ahead, not expired, and five minutes of life at most."""
    created = datetime.now(UTC) - timedelta(seconds=age)
    reply = await send(mock, signer.sign(message("register", PERSON), now=created, lifetime=lifetime))
    found = answer(reply)
    assert expected == (found.get("errCd") or found["rtnCd"])


async def test_business_clock_has_no_say(mock: HaengbokMock, signer: HandSigner, desk: Desk) -> None:
    """Signatures live by wall time: moving the business clock by days changes nothing."""
    desk.clock.advance(10 * 86_400)
    assert answer(await send(mock, signer.sign(message("register", PERSON))))["rtnCd"] == "0000"


async def test_replayed_message_is_refused(mock: HaengbokMock, signer: HandSigner, desk: Desk) -> None:
    """The same bytes again are refused, and do nothing."""
    root = signer.sign(message("register", PERSON))
    assert answer(await send(mock, root))["rtnCd"] == "0000"
    assert answer(await send(mock, root))["errCd"] == "E202"
    assert len(desk.ledger.acts) == 1


async def test_transaction_id_is_good_for_one_message(mock: HaengbokMock, signer: HandSigner) -> None:
    """A freshly signed message with an old transactionUniqueId is refused."""
    transaction = "2025011509000000088888888"
    first = signer.sign(message("find", {"linkReqNo": KEY}, transaction=transaction))
    second = signer.sign(message("find", {"linkReqNo": KEY}, transaction=transaction))
    assert answer(await send(mock, first, "find"))["rtnCd"] == "0000"
    assert answer(await send(mock, second, "find"))["errCd"] == "E202"


async def test_forged_message_does_not_burn_a_transaction_id(mock: HaengbokMock, signer: HandSigner) -> None:
    """Only what was signed by the hub uses up an id: a stranger cannot block the real message."""
    transaction = "2025011509000000077777777"
    text = message("find", {"linkReqNo": KEY}, transaction=transaction)
    assert answer(await send(mock, etree.fromstring(text), "find"))["errCd"] == "E101"
    assert answer(await send(mock, signer.sign(text), "find"))["rtnCd"] == "0000"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_rearranged_messages_are_refused(
    mock: HaengbokMock, signer: HandSigner, desk: Desk, attack: Callable[[etree._Element], None]
) -> None:
    """Whatever is moved, doubled or added around a good signature: refused as a whole, and nothing is done."""
    root = signer.sign(message("register", PERSON))
    attack(root)
    found = answer(await send(mock, root))
    assert found["errCd"] in {"E001", "E002", "E101"}
    assert desk.ledger.acts == ()


async def test_comment_cannot_cut_a_signed_name(mock: HaengbokMock, signer: HandSigner, desk: Desk) -> None:
    """A comment inside a signed value, which no digest covers, changes nothing of what is read."""
    data = to_bytes(signer.sign(message("register", PERSON))).replace("홍길동".encode(), "홍<!-- -->길동".encode())
    reply = await mock.handle(post("register", data))
    assert answer(reply)["rtnCd"] == "0000"
    assert desk.ledger.acts[0].fields["tgtrNm"] == desk.ledger.digest("홍길동")


async def test_order_of_header_blocks_is_free(mock: HaengbokMock, signer: HandSigner) -> None:
    """Security may stand after commonHeader."""
    root = signer.sign(message("register", PERSON))
    header_of(root).append(security_of(root))
    assert answer(await send(mock, root))["rtnCd"] == "0000"


async def test_unsigned_setting_serves_foreign_clients(certificates: Certificates) -> None:
    """With `unsigned` a plain message is served, and its reply carries no security header."""
    mock = HaengbokMock(desk_for("haengbok", {"unsigned": "true"}))
    reply = await send(mock, etree.fromstring(message("register", PERSON)))
    assert answer(reply)["rtnCd"] == "0000"
    assert b"Security" not in reply.body


async def test_unsigned_setting_still_judges_a_signature(certificates: Certificates, signer: HandSigner) -> None:
    """Who signs although it is not asked for is verified, and answered with a signature."""
    mock = HaengbokMock(desk_for("haengbok", {"unsigned": "true", "certificates": str(certificates.folder)}))
    good, bad = signer.sign(message("register", PERSON)), signer.sign(message("register", PERSON))
    next(bad.iter(f"{{{REFERRAL}}}tgtrNm")).text = "홍길순"
    reply = await send(mock, good)
    assert all(holds(reply.body, certificates.certificate("haengbok-signing")).values())
    assert answer(await send(mock, bad))["errCd"] == "E102"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=3)), min_size=1, max_size=4))
def test_damaged_messages_are_answered_and_do_nothing(
    certificates: Certificates, damage: list[tuple[float, bytes]]
) -> None:
    """Whatever bytes change on the way: a fault, or the very same registration; no accident, no other act."""
    desk = desk_for("haengbok", {"certificates": str(certificates.folder)})
    signer = HandSigner(certificates.certificate("hub-signing"), certificates.key("hub-signing"))
    data = bytearray(to_bytes(signer.sign(message("register", PERSON))))
    for place, new in damage:
        at = int(place * len(data))
        data[at : at + len(new)] = new
    reply = asyncio.run(HaengbokMock(desk).handle(post("register", bytes(data))))
    found = answer(reply)
    assert found.get("rtnCd", "fault") in {"0000", "fault"}
    honest = {name: desk.ledger.digest(value) for name, value in PERSON.items() if value}
    assert [act.fields for act in desk.ledger.acts] == ([honest] if reply.status == 200 else [])


async def test_token_may_be_wrapped(mock: HaengbokMock, signer: HandSigner) -> None:
    """Base64 with line breaks is the same certificate."""
    signer.token = "\n".join(signer.token[at : at + 64] for at in range(0, len(signer.token), 64))
    assert answer(await send(mock, signer.sign(message("register", PERSON))))["rtnCd"] == "0000"


def test_signed_mock_needs_certificates(tmp_path: Path) -> None:
    """Without certificates the mock does not start half-protected."""
    with pytest.raises(ValueError, match="certificates"):
        HaengbokMock(desk_for("haengbok"))
