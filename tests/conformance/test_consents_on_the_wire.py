"""Arbitrary consents and laws, through the hub's own gating and every real adapter: what is then on the wire.

The policy alone is tried in `tests/unit/consent/test_policy_properties.py`, by the same oracle.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from consent_bench import IN_MEMORY, NOW, ConsentBench, Told, opened, slugs
from consent_oracle import NEEDS, RRN, Question, opens
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub.consent.records import ConsentRecord, Statute
from mocks.kit.pki import Certificates, make_certificates
from schemas.consent import ConsentBasis, ConsentType
from schemas.disclosure import FIELD_PATHS
from schemas.services import ServiceCode
from schemas.status import DeliveryStatus

pytestmark = pytest.mark.slow

EXAMPLES = settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example runs a hub: shrinking takes many minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
ARTICLES = ["법 제1조", "법 제2조"]
MOMENTS = [NOW - timedelta(days=30), NOW - timedelta(microseconds=1), NOW, NOW + timedelta(hours=12)]
"""Before, until, from now on, and after everything that a test waits for."""
STATES: list[dict[str, Any]] = [
    *[{}] * 6,
    {"withdrawn_at": NOW},
    {"expires_at": NOW},
    {"signed_at": MOMENTS[-1]},
    {"recipient": "stranger"},
    {"purposes": frozenset({ServiceCode.WEL_NEAR})},
    {"type": ConsentType.COLLECTION},
]
"""What becomes of a consent that would open something: mostly nothing."""
STRANGERS = ["haengbok", "klac", "community_center", "community_center:3830000", "ccrs:3820000"]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("hub") / "var" / "demo" / "certificates")


@pytest.fixture(scope="module", params=sorted(slugs()))
def bench(request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[ConsentBench]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder, opened(request.param, Path(folder), certificates) as one:
        yield one


def records(data: st.DataObject, bench: ConsentBench, recipient: str, purpose: ServiceCode) -> list[ConsentRecord]:
    """Draw consents: some that open nearly all that the agency may see, and some of any kind, near every edge."""
    paths = sorted(bench.profile.discloses)
    fitting = [
        replace(_record(number, recipient, kind, frozenset(items), purpose), **data.draw(st.sampled_from(STATES)))
        for number, kind in enumerate(NEEDS.values())
        if (items := data.draw(_nearly_all([p for p in paths if NEEDS.get(FIELD_PATHS[p]) is kind])))
    ]
    stray = data.draw(st.lists(_stray(paths, [recipient, *STRANGERS], purpose), max_size=4))
    return [*fitting, *(replace(one, id=f"cns_s{number}") for number, one in enumerate(stray))]


def _nearly_all(paths: list[str]) -> st.SearchStrategy[list[str]]:
    """Mostly all of them, or all but a few; at times none."""
    if not paths:
        return st.just([])
    some = st.lists(st.sampled_from(paths), max_size=2).map(lambda left: [path for path in paths if path not in left])
    return st.one_of(st.just(paths), st.just(paths), some, st.just([]))


def _record(
    number: int, recipient: str, kind: ConsentType, items: frozenset[str], purpose: ServiceCode
) -> ConsentRecord:
    return ConsentRecord(
        id=f"cns_{number}", case_id="", centre_id="", recipient=recipient, type=kind, basis=ConsentBasis.CONSENT,
        purposes=frozenset({purpose}), items=items, signed_at=NOW - timedelta(days=1),
    )  # fmt: skip


@st.composite
def _stray(draw: st.DrawFn, paths: Sequence[str], recipients: Sequence[str], purpose: ServiceCode) -> ConsentRecord:
    basis = draw(st.sampled_from(ConsentBasis))
    return ConsentRecord(
        id="cns_s", case_id="", centre_id="",
        recipient=draw(st.sampled_from(recipients)),
        type=draw(st.sampled_from(ConsentType)),
        basis=basis,
        article=draw(st.sampled_from(ARTICLES)) if basis is ConsentBasis.STATUTE else None,
        purposes=draw(st.sampled_from([frozenset({purpose}), frozenset({purpose, ServiceCode.WEL_CASE}),
                                       frozenset({ServiceCode.WEL_NEAR})])),
        items=draw(st.frozensets(st.sampled_from([*paths, RRN, "client.name"]), min_size=1)),
        signed_at=draw(st.sampled_from(MOMENTS)),
        expires_at=draw(st.none() | st.sampled_from(MOMENTS)),
        withdrawn_at=draw(st.none() | st.sampled_from(MOMENTS)),
    )  # fmt: skip


def laws(data: st.DataObject, recipient: str) -> list[Statute]:
    """Draw a table of statutes: entries that hold on the day, that do not yet, and that do no more."""
    entry = st.builds(
        lambda days, **more: Statute(valid_from=days[0], valid_to=days[1], **more),
        days=st.sampled_from([
            (date(2025, 1, 1), None),
            (date(2025, 1, 13), date(2025, 1, 13)),
            (date(2025, 1, 14), None),
            (date(2024, 1, 1), date(2025, 1, 12)),
        ]),
        recipient=st.sampled_from([recipient, recipient, "klac"]),
        fields=st.sampled_from([frozenset({RRN}), frozenset({RRN, "client.name"}), frozenset({"client.name"})]),
        article=st.sampled_from(ARTICLES),
        sender_article=st.none() | st.just("보내는 법 제3조"),
    )  # fmt: skip
    return data.draw(st.lists(entry, max_size=3))


def may_go(bench: ConsentBench, question: Question, consents: Sequence[ConsentRecord]) -> set[str]:
    """Return what the oracle lets out."""
    return {path for path in bench.profile.discloses if any(opens(one, path, question) for one in consents)}


def check_only(told: Told, allowed: set[str]) -> None:
    """Nothing left, by the bytes and by the journal, but what is allowed."""
    assert told.on_the_wire - allowed == set()
    assert told.in_the_journal - allowed == set()


@EXAMPLES
@given(data=st.data())
def test_no_field_is_on_the_wire_without_a_live_basis(bench: ConsentBench, data: st.DataObject) -> None:
    """5.1 (17, 18): for any consents and laws, each value that left had a record in force that opened it."""
    service = data.draw(st.sampled_from(sorted(bench.profile.services)))
    recipient = bench.recipient(service)
    consents, statutes = records(data, bench, recipient, service), laws(data, recipient)
    told = bench.refer(service, consents, statutes).send()
    question = {"recipient": recipient, "purpose": service, "statutes": statutes, "now": moment(bench)}
    check_only(told, may_go(bench, question, consents))


@EXAMPLES
@given(data=st.data())
def test_adding_a_consent_takes_no_field_off_the_wire(bench: ConsentBench, data: st.DataObject) -> None:
    """5.1: what went on some consents goes on more of them, too."""
    service = data.draw(st.sampled_from(sorted(bench.profile.services)))
    recipient = bench.recipient(service)
    consents, statutes = records(data, bench, recipient, service), laws(data, recipient)
    added = data.draw(_stray(sorted(bench.profile.discloses), [recipient], service))
    fewer = bench.refer(service, consents, statutes).send()
    more = bench.refer(service, [*consents, replace(added, id="cns_more")], statutes).send()
    assert fewer.in_the_journal <= more.in_the_journal
    assert fewer.on_the_wire <= more.on_the_wire


@EXAMPLES
@given(data=st.data())
def test_a_withdrawal_takes_every_field_without_another_basis(bench: ConsentBench, data: st.DataObject) -> None:
    """5.8 (37): withdrawn before the send, only what others open goes; the rest is nowhere."""
    service = data.draw(st.sampled_from(sorted(bench.profile.services)))
    recipient = bench.recipient(service)
    consents, statutes = records(data, bench, recipient, service), laws(data, recipient)
    case = bench.refer(service, consents, statutes)
    others = consents
    if consents:
        gone = data.draw(st.sampled_from(consents))
        case.withdraw(gone)
        others = [one for one in consents if one is not gone]
    question = {"recipient": recipient, "purpose": service, "statutes": statutes, "now": moment(bench)}
    check_only(case.send(), may_go(bench, question, others))


@EXAMPLES
@given(data=st.data())
def test_an_rrn_is_never_on_the_wire_by_consent_alone(bench: ConsentBench, data: st.DataObject) -> None:
    """5.5 (24조의2): whatever was signed, without the table of statutes no RRN leaves."""
    service = data.draw(st.sampled_from(sorted(bench.profile.services)))
    consents = records(data, bench, bench.recipient(service), service)
    told = bench.refer(service, consents, []).send()
    assert RRN not in told.on_the_wire | told.in_the_journal


def test_all_that_is_open_is_on_the_wire(bench: ConsentBench) -> None:
    """The tests above can find: with every consent and law in force, the agency is told each field that has marks."""
    service = min(bench.profile.services)
    recipient, paths = bench.recipient(service), sorted(bench.profile.discloses)
    consents = [
        _record(number, recipient, kind, items, service)
        for number, kind in enumerate(NEEDS.values())
        if (items := frozenset(path for path in paths if NEEDS.get(FIELD_PATHS[path]) is kind))
    ]
    law = Statute(
        recipient=recipient, fields=frozenset({RRN}), article=ARTICLES[0], sender_article="보내는 법 제3조",
        valid_from=date(2025, 1, 1),
    )  # fmt: skip
    told = bench.refer(service, consents, [law]).send()
    assert told.referral.delivery is not DeliveryStatus.HELD
    assert told.in_the_journal >= bench.profile.requires
    assert {"client.name", RRN} & bench.profile.discloses <= told.on_the_wire
    assert len(told.on_the_wire) >= 5


def moment(bench: ConsentBench) -> object:
    """Return when the hub decided: of what goes by file, at the cut-off."""
    return NOW + timedelta(hours=8) if bench.takes_files else NOW
