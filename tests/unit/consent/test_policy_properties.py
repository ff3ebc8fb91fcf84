"""What holds for any papers at all: the policy against an oracle that knows the rules and nothing of its code."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from consent_oracle import Question, opens
from consent_papers import INSTANT, NOW, RECIPIENT, RRN, sent
from hypothesis import given
from hypothesis import strategies as st

from hub.consent.policy import Permission, Withheld, WithheldReason, decide
from hub.consent.records import ConsentRecord, Statute
from schemas.consent import ConsentBasis, ConsentType
from schemas.services import ServiceCode

PATHS = [
    "client.name", "client.birth_date", RRN, "client.admin_number", "client.health_condition", "client.debts.amount",
    "referral.service_code", "referral.kind", "referral.opinion",
]  # fmt: skip
RECIPIENTS = [RECIPIENT, "klac", "community_center:3820000", "community_center:3830000", "community_center"]
PURPOSES = [ServiceCode.WEL_BASIC, ServiceCode.LAW_COUNSEL]
ARTICLES = ["법 제1조", "법 제2조"]

some_paths = st.frozensets(st.sampled_from(PATHS))
moments = st.sampled_from([NOW + offset for offset in (-timedelta(days=30), -INSTANT, timedelta(0), INSTANT)])
days = st.sampled_from([date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 3)])


@st.composite
def consent_records(draw: st.DrawFn) -> ConsentRecord:
    """Draw a record, valid or not, near every edge that the rules have."""
    basis = draw(st.sampled_from(ConsentBasis))
    return ConsentRecord(
        id=f"cns_{draw(st.integers(0, 999_999))}",
        case_id="cas_1",
        centre_id="ctr_1",
        recipient=draw(st.sampled_from(RECIPIENTS)),
        type=draw(st.sampled_from(ConsentType)),
        basis=basis,
        article=draw(st.sampled_from(ARTICLES)) if basis is ConsentBasis.STATUTE else None,
        purposes=draw(st.frozensets(st.sampled_from(PURPOSES), min_size=1)),
        items=draw(some_paths.filter(bool)),
        required=draw(st.booleans()),
        signed_at=draw(moments),
        expires_at=draw(st.none() | moments),
        withdrawn_at=draw(st.none() | moments),
    )


def live_records() -> st.SearchStrategy[ConsentRecord]:
    """Draw a record that is live for the question asked most, so that much is opened, too."""
    return consent_records().map(
        lambda drawn: replace(
            drawn, recipient=RECIPIENT, purposes=frozenset(PURPOSES), signed_at=NOW, expires_at=None, withdrawn_at=None
        )
    )


statute_entries = st.builds(
    Statute,
    recipient=st.sampled_from(RECIPIENTS[:2]),
    fields=some_paths.filter(bool),
    article=st.sampled_from(ARTICLES),
    sender_article=st.none() | st.just("보내는 법 제3조"),
    valid_from=days,
    valid_to=st.none() | st.just(date(2024, 5, 3)),
)
questions = st.fixed_dictionaries({
    "recipient": st.sampled_from([RECIPIENT] * 3 + RECIPIENTS),
    "purpose": st.sampled_from(PURPOSES),
    "requested": some_paths,
    "requires": st.just(frozenset[str]()) | some_paths,
    "consents": st.lists(consent_records() | live_records(), max_size=8),
    "statutes": st.lists(statute_entries, max_size=4),
    "now": moments,
})  # fmt: skip


@given(questions)
def test_exactly_what_has_a_live_basis_goes(question: Question) -> None:
    """No field goes without a live basis, and none with one stays, unless a required field is lacking."""
    open_to = {p for p in question["requested"] if any(opens(c, p, question) for c in question["consents"])}
    answer = decide(**question)
    if open_to and question["requires"] <= open_to:
        assert open_to == sent(answer)
    else:
        assert isinstance(answer, Withheld)


@given(questions)
def test_every_basis_that_is_named_is_live(question: Question) -> None:
    """The ids given for a field are exactly the records that open it; everything else given is an article in force."""
    answer = decide(**question)
    for path, bases in answer.bases.items() if isinstance(answer, Permission) else ():
        ids = {record.id for record in question["consents"]}
        assert {c.id for c in question["consents"] if opens(c, path, question)} == ids & set(bases)
        articles = {text for e in question["statutes"] for text in (e.article, e.sender_article)}
        assert set(bases) - ids <= articles


@given(questions, st.integers(0, 99), st.data())
def test_adding_a_consent_never_removes_a_field(question: Question, where: int, data: st.DataObject) -> None:
    """More consent never means less: what went before goes still."""
    consents = question["consents"]
    added = data.draw(consent_records() | live_records())
    more = [*consents[:where], added, *consents[where:]]
    assert sent(decide(**question)) <= sent(decide(**question | {"consents": more}))


@given(questions, st.data())
def test_a_withdrawal_removes_every_field_without_another_live_basis(question: Question, data: st.DataObject) -> None:
    """After a withdrawal only what another live record opens still goes."""
    consents = question["consents"]
    number = data.draw(st.integers(0, max(0, len(consents) - 1)))
    withdrawn = [
        replace(record, withdrawn_at=question["now"]) if i == number else record for i, record in enumerate(consents)
    ]
    others = [record for i, record in enumerate(consents) if i != number]
    left = sent(decide(**question | {"consents": withdrawn}))
    assert left == sent(decide(**question | {"consents": others}))
    assert all(any(opens(record, path, question) for record in others) for path in left)


@given(questions)
def test_an_rrn_never_goes_on_consent_alone(question: Question) -> None:
    """With an empty table of statutes no papers let an RRN out."""
    assert RRN not in sent(decide(**question | {"statutes": []}))


@given(questions)
def test_a_lacking_required_field_withholds_everything(question: Question) -> None:
    """Whatever goes holds every required field; whatever is withheld names only what was lacking."""
    answer = decide(**question)
    if isinstance(answer, Permission):
        assert question["requires"] <= answer.fields
    elif question["requires"]:
        absent = {path for path, reason in answer.reasons.items() if reason is WithheldReason.FIELD_MISSING}
        assert question["requires"] - question["requested"] == absent


@given(questions, st.randoms(use_true_random=False))
def test_the_order_of_papers_does_not_matter(question: Question, random: Any) -> None:
    """Consents and statutes in another order give the same answer, reasons and bases included."""
    shuffled = {key: random.sample(question[key], len(question[key])) for key in ("consents", "statutes")}
    assert decide(**question) == decide(**question | shuffled)


@given(questions)
def test_every_requested_field_is_accounted_for(question: Question) -> None:
    """A permission says of each requested field on what it rests or why it stays; a refusal always has its words."""
    answer = decide(**question)
    if isinstance(answer, Permission):
        assert answer.fields == answer.bases.keys()
        assert question["requested"] == answer.fields | answer.left_out.keys()
        assert not answer.fields & answer.left_out.keys()
    else:
        assert set(answer.paths) <= question["requested"] | question["requires"]
        assert answer.text_ko()


@given(questions, st.sampled_from([timedelta(microseconds=1), timedelta(days=1), timedelta(days=9999)]))
def test_expiry_and_withdrawal_are_for_good(question: Question, later: timedelta) -> None:
    """A record that is over never opens anything again."""
    now = question["now"]
    over = [replace(record, expires_at=now) for record in question["consents"]]
    assert frozenset() == sent(decide(**question | {"consents": over, "now": now + later}))
