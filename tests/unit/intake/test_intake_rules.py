from __future__ import annotations

from typing import Any

from intake_bench import OUTSIDE, Bench, document

from hub.store.deliveries import deliveries_of
from hub.store.referrals import ReferralRecord, events_of
from schemas.status import DeliveryStatus

HELD, PENDING = DeliveryStatus.HELD, DeliveryStatus.PENDING


def debts(amount: int) -> dict[str, Any]:
    """Say one debt."""
    return {"debts": [{"creditor": "가상캐피탈", "amount": amount, "secured": False, "days_overdue": 1}]}


def verdicts(referral: ReferralRecord) -> dict[str, str]:
    """Return what was kept: rule → verdict."""
    assert referral.grounds is not None
    return {f"{rule.id} {rule.valid_from}": rule.verdict.value for rule in referral.grounds.rules}


async def test_a_rule_that_is_not_met_holds(bench: Bench) -> None:
    """The referral is accepted, held with the reason and due never; the other service of the document goes its way."""
    accepted = await bench.accept("key", document("WEL-CASE", "JOB-COUNSEL", **debts(2_000_000)))
    referral, other = (bench.referral(accepted, position) for position in (0, 1))
    (delivery,) = bench.store.read_now(lambda conn: deliveries_of(conn, referral.id))
    (event,) = bench.store.read_now(lambda conn: events_of(conn, referral.id))
    assert (referral.delivery, referral.reason, referral.agency, referral.office) == (
        HELD, "rule_not_met", "pier", "3820000",
    )  # fmt: skip
    assert (delivery.status, delivery.due_at, event.reason) == (HELD, None, "rule_not_met")
    assert other.reason == "agency_disabled"


async def test_every_unmet_rule_is_named(bench: Bench) -> None:
    """Several unmet rules are all kept, with the day that decided which were in force, and the route's first day."""
    said = document(household={"median_income_percent": 130}, **debts(2_000_000))
    referral = bench.referral(await bench.accept("key", said))
    assert referral.grounds is not None
    assert referral.grounds.unmet == ("income", "debt")
    assert (str(referral.grounds.day), str(referral.grounds.route_from)) == ("2025-03-17", "2025-01-01")


async def test_what_the_document_does_not_say_is_not_unmet(bench: Bench) -> None:
    """A missing fact never holds: the agency will judge it, and what was open is kept."""
    referral = bench.referral(await bench.accept("key", document()))
    assert referral.delivery is PENDING
    assert verdicts(referral) == {"income 2025-01-01": "open", "debt 2025-01-01": "open"}


async def test_a_rule_takes_effect_on_its_korean_day(bench: Bench) -> None:
    """The stricter rule begins at midnight in Korea: the same document goes before it, and is held after."""
    bench.clock.advance(14 * 3600 - 1)
    early = bench.referral(await bench.accept("early", document(**debts(600_000))))
    bench.clock.advance(1)
    later = bench.referral(await bench.accept("later", document(name="김나루", **debts(600_000))))
    assert [early.delivery, later.delivery] == [PENDING, HELD]
    assert later.grounds is not None
    assert later.grounds.unmet == ("debt-later",)


async def test_a_possible_double_comes_first(bench: Bench) -> None:
    """Of two reasons the double is told first; the rules are kept beside."""
    await bench.accept("first", document())
    referral = bench.referral(await bench.accept("second", document(**debts(2_000_000))))
    assert referral.grounds is not None
    assert (referral.reason, referral.grounds.unmet) == ("possible_duplicate", ("debt",))


async def test_what_has_no_way_says_so_first(bench: Bench) -> None:
    """Nobody can decide against a missing office, so no rule hides it."""
    referral = bench.referral(await bench.accept("key", document(adm_cd=OUTSIDE, **debts(2_000_000))))
    assert (referral.delivery, referral.reason) == (HELD, "no_office")


async def test_no_value_is_kept_in_clear(bench: Bench) -> None:
    """The grounds hold ids and days; the figure that broke the rule is written nowhere in clear."""
    await bench.accept("key", document(**debts(987_654_321)))
    assert b"987654321" not in bench.written()
