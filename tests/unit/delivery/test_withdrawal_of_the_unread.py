"""철회 of what cannot be read: the client's will stands, and what nobody can open is stopped or taken back whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ferry import ITEMS, Landing, consent
from sqlalchemy import Connection, select, update
from structlog.testing import capture_logs
from test_cannot_begin import poison
from test_supplements import asked, hand_in
from test_withdrawal_in_every_state import delivered, failed, held, lost_and_arrived, named, pending

from adapters.sdk import Verb
from hub.store.consents import consent_of
from hub.store.tables import cases, referrals, supplements
from hub.vault.boxes import place, seal, unseal
from hub.vault.keyring import KeyFileError
from schemas.consent import Consent
from schemas.status import DeliveryStatus

D = DeliveryStatus
RRN = "680209-1000000"


def break_seal(landing: Landing) -> None:
    """Change a byte of every request's box."""
    landing.store.write_now(lambda conn: conn.execute(update(referrals).values(sealed_request=b"\x01" * 60)))


def write_as_before_the_rule(landing: Landing) -> None:
    """Put an RRN into the opinion and the client's name, as it was accepted before a rule refused it."""

    def write(conn: Connection) -> None:
        case = conn.execute(select(cases)).one()
        key = landing.vault.case_key(case.id, case.wrapped_key, case.kek_id)
        for row in conn.execute(select(referrals)).all():
            spot = place("referrals", "sealed_request", row.id)
            text = unseal(key, row.sealed_request, spot).replace("생계가 어려움".encode(), f"번호 {RRN}".encode())
            box = seal(key, text, spot)
            conn.execute(update(referrals).where(referrals.c.id == row.id).values(sealed_request=box))
        spot = place("cases", "sealed_client", case.id)
        text = unseal(key, case.sealed_client, spot).replace("홍길동".encode(), f"홍길동 {RRN}".encode())
        conn.execute(update(cases).values(sealed_client=seal(key, text, spot)))

    landing.store.write_now(write)


def is_withdrawn(landing: Landing) -> bool:
    found = landing.store.read_now(lambda conn: consent_of(conn, landing.consent_ids[0]))
    return found is not None and found.withdrawn_at is not None


SPOILT = pytest.mark.parametrize("spoil", [break_seal, poison], ids=["seal", "key"])


@SPOILT
@pytest.mark.parametrize(
    ("reach", "answer", "status"),
    [
        (pending, "stopped", D.CANCELLED), (held, "stopped", D.CANCELLED), (failed, "stopped", D.CANCELLED),
        (lost_and_arrived, "in_flight", D.UNKNOWN), (delivered, "told", D.DELIVERED),
    ],
)  # fmt: skip
def test_what_does_not_open_is_stopped_or_taken_back(
    landing: Landing,
    spoil: Callable[[Landing], object],
    reach: Callable[[Landing], str],
    answer: str,
    status: DeliveryStatus,
) -> None:
    """The withdrawal is recorded, whatever does not open: never sent is cancelled, delivered is taken back."""
    referral_id = reach(landing)
    spoil(landing)
    with capture_logs() as logs:
        done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert (named(done, referral_id), landing.referral(referral_id).delivery) == ([answer], status)
    assert is_withdrawn(landing)
    reads = answer != "in_flight" or spoil is poison
    assert ("withdrawn_unread" in {line["event"] for line in logs}) is reads
    assert "홍길동" not in str(logs)


def test_what_may_have_arrived_is_taken_back_once_it_is_found(landing: Landing) -> None:
    """It is looked up by our key alone, which needs no document: found, and all of it is taken back."""
    referral_id = lost_and_arrived(landing)
    break_seal(landing)
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle()
    assert landing.agency.withdrawn == [landing.referral(referral_id).wire_key]


def test_what_other_consents_carry_is_taken_back_too(landing: Landing) -> None:
    """Nobody can tell what of it they carry, so all of it goes."""
    referral_id = landing.accept(consents=[consent(ITEMS), consent(ITEMS)])
    landing.work()
    break_seal(landing)
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert named(done, referral_id) == ["told"]


def test_a_supplement_that_does_not_open_is_stopped(landing: Landing) -> None:
    """Never sent, and now it never will be."""
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    landing.store.write_now(lambda conn: conn.execute(update(supplements).values(sealed_content=b"\x01" * 60)))
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    more = next(one for one in landing.deliveries(referral_id) if one.kind is Verb.SUPPLEMENT)
    assert (more.status, is_withdrawn(landing)) == (D.CANCELLED, True)


def test_trouble_that_passes_is_the_callers(landing: Landing) -> None:
    """A key that this process lacks for now is no reason to cancel anything: nothing is recorded, it is asked again."""
    referral_id = pending(landing)
    landing.store.write_now(lambda conn: conn.execute(update(cases).values(kek_id="lacking")))
    with pytest.raises(KeyFileError):
        landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert (is_withdrawn(landing), landing.referral(referral_id).delivery) == (False, D.PENDING)


def test_what_was_accepted_under_wider_rules_can_be_read(landing: Landing) -> None:
    """Other consents still carry it, and that can be told; and a new consent can be added to its case."""
    referral_id = landing.accept(consents=[consent(ITEMS), consent(ITEMS)])
    landing.work()
    write_as_before_the_rule(landing)
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert (named(done, referral_id), is_withdrawn(landing)) == (["kept"], True)
    landing.do(landing.consents.add, landing.case_id, [Consent.model_validate(consent(ITEMS))])


def test_what_was_accepted_under_wider_rules_does_not_go_out(landing: Landing) -> None:
    """An RRN that a text may not hold today is sent to nobody: it is on the shelf, and can be withdrawn from there."""
    referral_id = pending(landing)
    write_as_before_the_rule(landing)
    landing.work()
    found = landing.referral(referral_id)
    assert (found.delivery, found.reason, landing.agency.seen) == (D.FAILED, "defect", [])
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert named(done, referral_id) == ["stopped"]
