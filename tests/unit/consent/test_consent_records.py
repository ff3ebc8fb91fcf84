"""Consents in the store and statutes in configuration: what goes in comes out, and a record is never changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from consent_papers import NOW
from pydantic import ValidationError
from sqlalchemy import Connection, insert, select

from hub.consent.records import ConsentRecord, Statute
from hub.store.consents import consent_of, consents_of_case, insert_consent, mark_withdrawn
from hub.store.store import Store
from hub.store.tables import cases, centres, clients, consents, metadata
from schemas.consent import Consent, ConsentBasis, ConsentMethod, ConsentType
from schemas.services import ServiceCode

KST = timezone(timedelta(hours=9))
HANDED_IN = Consent(
    recipient="community_center:3820000",
    type=ConsentType.THIRD_PARTY,
    purposes=(ServiceCode.WEL_CASE, ServiceCode.WEL_NEAR),
    purpose_text="통합사례관리와 이웃돌봄",
    items=("client.name", "client.address.adm_cd"),
    retention="의뢰 종결 뒤 5년",
    refusal_right_notified=True,
    disadvantage_notified=True,
    required=True,
    method=ConsentMethod.WRITTEN,
    form_sha256="0" * 64,
    evidence_reference="paper/1",
    signed_at=datetime(2024, 5, 2, 10, tzinfo=KST),
    expires_at=datetime(2025, 5, 2, tzinfo=KST),
)
RECORD = ConsentRecord.of(HANDED_IN, consent_id="cns_1", case_id="cas_1", centre_id="ctr_1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with one centre, one client and two of their cases."""
    made = Store(f"sqlite:///{tmp_path}/naru.db")

    def fill(conn: Connection) -> None:
        metadata.create_all(conn)
        conn.execute(insert(centres).values(id="ctr_1", name="북부센터", created_at=NOW))
        conn.execute(insert(clients).values(id="cli_1", centre_id="ctr_1", created_at=NOW))
        case = {"centre_id": "ctr_1", "client_id": "cli_1", "wrapped_key": b"", "kek_id": "", "sealed_client": b""}
        conn.execute(insert(cases).values([case | {"id": name, "created_at": NOW} for name in ("cas_1", "cas_2")]))

    made.write_now(fill)
    yield made
    made.close()


def keep(store: Store, *records: ConsentRecord) -> None:
    for record in records:
        store.write_now(lambda conn, record=record: insert_consent(conn, record, b"sealed"))


def test_a_record_holds_what_the_policy_compares() -> None:
    """Recipient, type, basis, purposes, items and moments are taken over; moments are UTC."""
    assert ConsentRecord(
        id="cns_1", case_id="cas_1", centre_id="ctr_1", recipient="community_center:3820000",
        type=ConsentType.THIRD_PARTY, basis=ConsentBasis.CONSENT, article=None, required=True,
        purposes=frozenset({"WEL-CASE", "WEL-NEAR"}), items=frozenset({"client.name", "client.address.adm_cd"}),
        signed_at=datetime(2024, 5, 2, 1, tzinfo=UTC), expires_at=datetime(2025, 5, 1, 15, tzinfo=UTC),
        withdrawn_at=None,
    ) == RECORD  # fmt: skip


def test_a_stored_record_comes_back_as_it_was(store: Store) -> None:
    """Nothing is lost on the way through the store, neither enums nor the offset of a moment."""
    keep(store, RECORD)
    assert store.read_now(lambda conn: consent_of(conn, "cns_1")) == RECORD


def test_an_unknown_consent_is_none(store: Store) -> None:
    """An id that nobody has is answered, not raised: the caller decides what it means."""
    assert store.read_now(lambda conn: consent_of(conn, "cns_9")) is None


@pytest.mark.parametrize("lock", [False, True])
def test_a_case_has_its_own_consents_only(store: Store, lock: bool) -> None:
    """All records of the case, those withdrawn too, and none of another case."""
    withdrawn = replace(RECORD, id="cns_2", withdrawn_at=NOW)
    keep(store, RECORD, withdrawn, replace(RECORD, id="cns_3", case_id="cas_2"))
    assert [RECORD, withdrawn] == store.write_now(lambda conn: consents_of_case(conn, "cas_1", lock=lock))


def test_a_lock_is_asked_of_databases_that_have_one() -> None:
    """The decision and the attempt's row are one transaction that locks the consent rows (on PostgreSQL)."""
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - this test alone speaks that dialect

    asked: list[str] = []

    class Listening:
        def execute(self, statement: object) -> Listening:
            asked.append(str(statement.compile(dialect=postgresql.dialect())))  # type: ignore[attr-defined]  # SQLAlchemy has it at run time
            return self

        def mappings(self) -> list[object]:
            return []

    consents_of_case(Listening(), "cas_1", lock=True)  # type: ignore[arg-type]  # only listens
    consents_of_case(Listening(), "cas_1")  # type: ignore[arg-type]  # only listens
    assert [text.endswith("FOR UPDATE") for text in asked] == [True, False]


def test_the_first_withdrawal_stays(store: Store) -> None:
    """A second withdrawal changes nothing: the first moment is the one that counts."""
    keep(store, RECORD)
    first = store.write_now(lambda conn: mark_withdrawn(conn, "cns_1", NOW))
    second = store.write_now(lambda conn: mark_withdrawn(conn, "cns_1", NOW + timedelta(days=1)))
    assert (first, second) == (True, False)
    assert replace(RECORD, withdrawn_at=NOW) == store.read_now(lambda conn: consent_of(conn, "cns_1"))


def test_an_unknown_consent_is_not_withdrawn(store: Store) -> None:
    """Marking an id that nobody has says so."""
    assert store.write_now(lambda conn: mark_withdrawn(conn, "cns_9", NOW)) is False


def test_the_whole_record_is_kept_sealed(store: Store) -> None:
    """What the clear columns leave out (texts, method, evidence, guardian) is in the sealed one."""
    keep(store, RECORD)
    assert store.read_now(lambda conn: conn.execute(select(consents.c.sealed_record)).scalar_one()) == b"sealed"


def entry(**more: object) -> Statute:
    known: dict[str, object] = {
        "recipient": "ccrs", "fields": ["client.rrn"], "article": "서민금융법 시행령 58", "valid_from": "2024-05-01",
    }  # fmt: skip
    return Statute.model_validate(known | more)


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": "기타"},
        {"fields": []},
        {"fields": ["client.address"]},
        {"article": " "},
        {"valid_from": None},
        {"valid_to": "2024-04-30"},
        {"note": "x"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_an_entry_that_says_too_little_is_refused(wrong: dict[str, object]) -> None:
    """The table of statutes is strict: a typo opens nothing by accident."""
    with pytest.raises(ValidationError):
        entry(**wrong)


def test_an_entry_is_unreviewed_and_one_sided_unless_it_says_otherwise() -> None:
    """The defaults are the safe ones."""
    assert (entry().reviewed, entry().sender_article, entry().valid_to) == (False, None, None)


def test_an_entry_holds_on_both_its_days() -> None:
    """From the first day to the last, both included."""
    held = entry(valid_to="2024-05-31")
    days = [date(2024, 4, 30), date(2024, 5, 1), date(2024, 5, 31), date(2024, 6, 1)]
    assert [held.holds_on(day) for day in days] == [False, True, True, False]
