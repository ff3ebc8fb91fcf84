"""The auditor is only worth something if it can fail: each wrong is fed to it once, and must be caught."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from auditor_papers import FIELDS, OFFICE, RECEIPT, Papers, counts

from mocks.auditor import Statute, Terms
from mocks.auditor.audit import Finding


def whats(findings: Iterable[Finding]) -> list[str]:
    return [one.what for one in findings]


def test_an_honest_delivery_is_clean() -> None:
    """One promise, one registration with consented fields and unchanged values: nothing is found."""
    papers = Papers()
    papers.register(debtTotAmt="1250")
    papers.document["consents"].append(credit_consent())
    papers.entry["accepted"]["consents"].append("con_2")
    findings = papers.count()
    assert (counts(findings), findings.is_clean) == ((0, 0, 0, 0), True)


def credit_consent() -> dict[str, object]:
    return Papers().document["consents"][0] | {"type": "credit", "items": ["client.debts.amount"]}


def test_a_promise_without_an_act_is_lost() -> None:
    """What the document entitles to an act, and no agency has, is lost, whatever the hub calls it."""
    for delivery in ("pending", "held", "failed", "unknown", "cancelled"):
        papers = Papers()
        papers.final.update(delivery=delivery, receipt=None)
        assert counts(papers.count()) == (1, 0, 0, 0), delivery


def test_a_receipt_that_no_agency_knows_is_lost() -> None:
    """`delivered` with a receipt of nobody's is a loss, even if something else was registered."""
    papers = Papers()
    papers.register()
    papers.final["receipt"] = "3820000-20250304-999999"
    assert whats(papers.count().lost) == ["the agency does not know its receipt"]


def test_a_promise_that_the_hub_forgot_is_lost() -> None:
    """What was answered with 202, and what the hub does not know any more, is lost, even if it entitles to nothing."""
    gone = Papers()
    gone.document["consents"] = []
    gone.entry["accepted"]["consents"] = []
    gone.entry["final"] = []
    denied = Papers()
    denied.register()
    denied.entry["forgotten"] = ["POST /v1/consents/con_1/withdraw"]
    for papers in (gone, denied):
        assert whats(papers.count().lost) == ["the hub does not know any more what it promised"]


def test_a_receipt_given_by_the_next_office_is_known() -> None:
    """After 이송 the case has a second receipt, and both are its own."""
    papers = Papers()
    papers.register()
    papers.acts[0]["changes"] = [{"at": "2025-03-05T00:00:00+00:00", "state": "transferred", "receipt": "3980000-1"}]
    papers.final["receipt"] = "3980000-1"
    assert counts(papers.count()) == (0, 0, 0, 0)


def test_a_second_registration_under_the_same_key_is_a_duplicate() -> None:
    """An agency that does not dedupe has two cases: one too many."""
    papers = Papers()
    papers.register()
    papers.register()
    assert counts(papers.count()) == (0, 1, 0, 0)


def test_a_second_registration_under_another_key_is_a_duplicate() -> None:
    """A new key does not hide that the same person was registered twice."""
    papers = Papers()
    papers.register()
    papers.register(refRqstNo="NR202503040000000002")
    assert counts(papers.count()) == (0, 1, 0, 0)


def test_an_act_about_nobody_who_asked_is_unconsented() -> None:
    """A registration of a person whom no promise names counts every field that it told."""
    papers = Papers()
    papers.register()
    papers.register(refRqstNo="NR202503040000000002", tgtrNm="김나루")
    assert (0, 0, len(FIELDS), 0) == counts(papers.count())


def test_a_field_too_many_is_unconsented() -> None:
    """Each field without a basis counts, also where the act as such has one."""
    papers = Papers()
    papers.register(tgtrRrno="6802091000000", debtTotAmt="1250")
    assert whats(papers.count().unconsented) == ["client.debts.amount: consent_missing", "client.rrn: consent_missing"]


def test_an_rrn_on_consent_alone_is_unconsented() -> None:
    """A consent that names the RRN opens it only where a statute names recipient and sender (24조의2)."""
    papers = Papers()
    papers.register(tgtrRrno="6802091000000")
    consent = papers.document["consents"][0] | {"type": "unique_identifier", "items": ["client.rrn"]}
    papers.document["consents"].append(consent)
    papers.entry["accepted"]["consents"].append("con_2")
    assert whats(papers.count().unconsented) == ["client.rrn: statute_missing"]
    papers.statutes.append(Statute(OFFICE, frozenset({"client.rrn"}), "가 1조", None, date(2020, 1, 1)))
    assert whats(papers.count().unconsented) == ["client.rrn: statute_missing"]
    papers.statutes.append(Statute(OFFICE, frozenset({"client.rrn"}), "가 1조", "나 2조", date(2020, 1, 1)))
    assert whats(papers.count().unconsented) == []


def test_a_field_that_the_table_does_not_know_is_unconsented() -> None:
    """What the auditor cannot read it does not wave through."""
    papers = Papers()
    papers.register(mystery="1")
    assert whats(papers.count().unconsented) == ["mystery: the auditor's table does not know this field"]


def test_only_one_request_can_be_in_flight() -> None:
    """What was named as in flight may still arrive, once; whoever sends it again has no basis for it."""
    papers = Papers()
    papers.withdraw("2025-03-04T02:00:00+00:00", in_flight=("ref_1",))
    papers.visit("register", FIELDS, "2025-03-04T02:00:01+00:00", accepted=False, fault="reset_before_acceptance")
    assert papers.count().unconsented == ()
    papers.register("2025-03-04T02:00:09+00:00")
    found = papers.count()
    assert found.unconsented_acts == 1
    assert {"consent_withdrawn"} == {what.partition(": ")[2] for what in whats(found.unconsented)}


def test_an_act_after_an_answered_withdrawal_is_unconsented() -> None:
    """Once the client was answered, nothing more may arrive, field by field."""
    papers = Papers()
    papers.withdraw("2025-03-04T02:00:00.500000+00:00")
    papers.register()
    assert {"consent_withdrawn"} == {what.partition(": ")[2] for what in whats(papers.count().unconsented)}


def test_an_act_before_the_withdrawal_was_answered_is_lawful() -> None:
    """A withdrawal does not undo what was sent before."""
    papers = Papers()
    papers.register()
    papers.withdraw("2025-03-04T02:00:02+00:00")
    assert counts(papers.count()) == (0, 0, 0, 0)


def test_a_later_consent_that_was_withdrawn_opens_nothing() -> None:
    """What the hub sends on a second copy of it, of which the client never heard, has no basis, and is not told."""
    papers = Papers()
    papers.terms = Terms(can_be_told=frozenset({"community_center"}))
    papers.consent_later("2025-03-04T02:00:01+00:00")
    papers.withdraw("2025-03-04T02:00:03+00:00", consent="con_2")
    papers.final.update(delivery="cancelled", receipt=None)
    assert papers.count().is_clean
    papers.register("2025-03-04T02:00:05+00:00")
    papers.final.update(delivery="delivered", receipt=RECEIPT)
    sent_on = papers.count()
    assert {"consent_withdrawn"} == {what.partition(": ")[2] for what in whats(sent_on.unconsented)}

    held_on = Papers()
    held_on.terms = papers.terms
    held_on.consent_later("2025-03-04T02:00:00+00:00")
    held_on.register()
    held_on.withdraw("2025-03-04T02:00:03+00:00", consent="con_2")
    found = held_on.count()
    assert (found.unconsented, whats(found.untold)) == ((), ["the agency holds it, and was not told of the withdrawal"])


def test_an_act_that_the_answer_named_as_in_flight_is_lawful() -> None:
    """The answer to a withdrawal lists what was on its way: that, and only that, may still arrive."""
    papers = Papers()
    papers.withdraw("2025-03-04T02:00:00.500000+00:00", in_flight=("ref_1",))
    papers.register()
    assert counts(papers.count()) == (0, 0, 0, 0)


def test_a_withdrawal_that_the_agency_never_heard_of_is_lost() -> None:
    """`told` is a promise too: the agency's ledger must hold the withdrawal."""
    papers = Papers()
    papers.register()
    papers.withdraw("2025-03-04T02:00:02+00:00", told=("ref_1",))
    assert whats(papers.count().lost) == ["the agency was never told of the withdrawal"]
    papers.act("withdraw", {"refRqstNo": FIELDS["refRqstNo"]}, "2025-03-04T02:00:03+00:00", RECEIPT)
    assert counts(papers.count()) == (0, 0, 0, 0)


def test_a_refused_request_was_disclosed_all_the_same() -> None:
    """Fields of a request that the agency did not accept are judged as well."""
    papers = Papers()
    papers.final.update(delivery="refused", receipt=None)
    papers.visit("register", FIELDS | {"tgtrRrno": "6802091000000"}, "2025-03-04T02:00:01+00:00", accepted=False)
    findings = papers.count()
    assert (whats(findings.unconsented), counts(findings)) == (["client.rrn: consent_missing"], (0, 0, 1, 0))


def test_a_request_under_a_foreign_key_is_unconsented() -> None:
    """A refused request that belongs to no promise told its fields for nobody."""
    papers = Papers()
    papers.register()
    papers.visit("register", FIELDS | {"refRqstNo": "X"}, "2025-03-04T02:00:01+00:00", accepted=False)
    assert "client.name: told for no referral that is known" in whats(papers.count().unconsented)


def test_a_refusal_that_the_agency_never_spoke_is_lost() -> None:
    """`refused` counts only if the agency's journal has the refusal; a fault's answer is none."""
    papers = Papers()
    papers.final.update(delivery="refused", receipt=None)
    assert counts(papers.count()) == (1, 0, 0, 0)
    papers.visit("register", FIELDS, "2025-03-04T02:00:01+00:00", accepted=False, fault="busy_503")
    assert counts(papers.count()) == (1, 0, 0, 0)
    papers.visit("register", FIELDS, "2025-03-04T02:00:02+00:00", accepted=False)
    assert counts(papers.count()) == (0, 0, 0, 0)


def test_a_changed_value_is_altered() -> None:
    """A value that differs from the document's is found, though digests do not show it."""
    papers = Papers()
    papers.register(rqstOpnn="생계비")
    assert whats(papers.count().altered) == ["rqstOpnn arrived changed"]


def test_an_act_that_the_client_was_told_did_not_happen_is_altered() -> None:
    """A registration behind `failed` is the worst of both."""
    papers = Papers()
    papers.register()
    papers.final.update(delivery="failed", receipt=None)
    assert whats(papers.count().altered) == ["the agency has it, the client heard failed"]


def test_what_was_called_off_or_never_agreed_to_is_not_lost() -> None:
    """A cancelled referral, and one whose required fields have no consent, entitle to no act."""
    cancelled, shut = Papers(), Papers()
    cancelled.final.update(delivery="cancelled", receipt=None)
    cancelled.entry["cancelled"] = ["ref_1"]
    shut.final.update(delivery="held", receipt=None)
    shut.document["consents"][0]["items"].remove("client.phones")
    assert (counts(cancelled.count()), counts(shut.count())) == ((0, 0, 0, 0), (0, 0, 0, 0))


def test_what_was_not_accepted_is_no_promise() -> None:
    """A document that the API refused promises nothing; an act about it has no basis."""
    papers = Papers()
    papers.entry["accepted"] = None
    assert counts(papers.count()) == (0, 0, 0, 0)
    papers.register()
    assert (0, 0, len(FIELDS), 0) == counts(papers.count())


def test_a_consent_for_another_office_is_none() -> None:
    """A consent that names 구리 opens nothing at 의정부."""
    papers = Papers()
    papers.document["consents"][0]["recipient"] = "community_center:3980000"
    papers.register()
    assert {"consent_missing"} == {what.partition(": ")[2] for what in whats(papers.count().unconsented)}
