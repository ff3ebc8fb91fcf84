"""Papers for tests of the policy: short builders of consents, statutes and questions. All people are invented."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hub.consent.policy import Permission, Withheld, decide
from hub.consent.records import ConsentRecord, Statute
from schemas.consent import ConsentBasis, ConsentType
from schemas.services import ServiceCode

NOW = datetime(2024, 5, 2, 1, 30, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
RECIPIENT = "haengbok"
PURPOSE = ServiceCode.WEL_BASIC
ARTICLE, SENDER_ARTICLE = "받는기관법 제1조", "보내는기관법 제2조"
NAME, BIRTH, RRN = "client.name", "client.birth_date", "client.rrn"
HEALTH, DEBT, SERVICE, KIND = "client.health_condition", "client.debts.amount", "referral.service_code", "referral.kind"


def consent(items: Iterable[str], kind: ConsentType = ConsentType.THIRD_PARTY, **more: Any) -> ConsentRecord:
    """Build a consent that is live for `RECIPIENT` and `PURPOSE`, except where told otherwise."""
    known: dict[str, Any] = {
        "id": "cns_1", "case_id": "cas_1", "centre_id": "ctr_1", "recipient": RECIPIENT,
        "basis": ConsentBasis.CONSENT, "purposes": frozenset({PURPOSE}), "signed_at": NOW - timedelta(days=1),
    }  # fmt: skip
    return ConsentRecord(items=frozenset(items), type=kind, **(known | more))


def by_law(items: Iterable[str], kind: ConsentType = ConsentType.THIRD_PARTY, **more: Any) -> ConsentRecord:
    """Build a record that rests on `ARTICLE` instead of a consent."""
    return consent(items, kind, **({"id": "cns_law", "basis": ConsentBasis.STATUTE, "article": ARTICLE} | more))


def statute(fields: Iterable[str], **more: Any) -> Statute:
    """Build an entry of the table that holds for `RECIPIENT`, on both sides, except where told otherwise."""
    known: dict[str, Any] = {
        "recipient": RECIPIENT, "article": ARTICLE, "sender_article": SENDER_ARTICLE, "valid_from": date(2020, 1, 1),
    }  # fmt: skip
    return Statute(fields=frozenset(fields), **(known | more))


def ask(
    requested: Iterable[str],
    *consents: ConsentRecord,
    requires: Iterable[str] = (),
    statutes: Sequence[Statute] = (),
    recipient: str = RECIPIENT,
    purpose: ServiceCode = PURPOSE,
    now: datetime = NOW,
) -> Permission | Withheld:
    """Ask the policy."""
    return decide(
        recipient=recipient,
        purpose=purpose,
        requested=frozenset(requested),
        requires=frozenset(requires),
        consents=consents,
        statutes=statutes,
        now=now,
    )


def sent(answer: Permission | Withheld) -> frozenset[str]:
    """Return the fields that an answer lets out."""
    return answer.fields if isinstance(answer, Permission) else frozenset()


def why(answer: Permission | Withheld, path: str) -> str | None:
    """Return the reason that an answer gives for a field that stays behind."""
    return (answer.left_out if isinstance(answer, Permission) else answer.reasons).get(path)
