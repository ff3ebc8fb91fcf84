"""The send gate (decision 0008): may this recipient be told these fields, for this purpose, now? Pure and total.

No I/O, no clock, no configuration of its own: the same papers give the same answer, whatever their order. Everything
not opened by a live record stays shut. Minting what a transport asks for is `hub/consent/mint.py`; the words for
staff are in `hub/consent/words.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from hub.consent.reasons import WithheldReason
from hub.consent.records import ConsentRecord, Statute
from hub.consent.words import explain
from schemas.base import day_in_korea
from schemas.consent import CONSENT_TYPE_OF_CLASS, ConsentBasis, ConsentType
from schemas.disclosure import FIELD_PATHS
from schemas.privacy import PrivacyClass
from schemas.services import ServiceCode

__all__ = ["Permission", "Withheld", "WithheldReason", "decide"]

RRN_PATH = "client.rrn"

_TYPE_OF_PATH = {path: CONSENT_TYPE_OF_CLASS.get(privacy) for path, privacy in FIELD_PATHS.items()}
_PLAIN = frozenset(path for path, privacy in FIELD_PATHS.items() if privacy is PrivacyClass.PLAIN)
_POSITION = {path: position for position, path in enumerate(FIELD_PATHS)}
_RANK = {reason: rank for rank, reason in enumerate(WithheldReason)}
_FITTED_ONCE = frozenset({
    WithheldReason.CONSENT_WITHDRAWN, WithheldReason.CONSENT_EXPIRED, WithheldReason.CONSENT_NOT_YET,
})  # fmt: skip
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_Bases = tuple[str, ...]
_Law = Mapping[str, Sequence[Statute]]
_Verdict = tuple[ConsentRecord, WithheldReason | None]
"""A record, and why it opens nothing, or None if it does."""


@dataclass(frozen=True)
class Permission:
    """What may be sent now: the fields, and for each the ids of the consents and the articles that it rests on."""

    recipient: str
    fields: frozenset[str]
    bases: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, WithheldReason]
    """Fields that were asked for and stay behind; the recipient can do without them."""


@dataclass(frozen=True)
class Withheld:
    """Nothing may be sent now, and why: a reason for each field that the recipient cannot do without."""

    reasons: Mapping[str, WithheldReason]
    """In the order of the common schema."""

    @property
    def reason(self) -> WithheldReason:
        """The weightiest of the reasons."""
        return min(self.reasons.values(), key=_RANK.__getitem__, default=WithheldReason.FIELD_MISSING)

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields that `reason` is about."""
        weightiest = self.reason
        return tuple(path for path, reason in self.reasons.items() if reason is weightiest)

    def text_ko(self) -> str:
        """Say in Korean what is missing and what staff can do, with the weightiest reason first."""
        if not self.reasons:
            return explain(self.reason, ())
        by_reason: dict[WithheldReason, list[str]] = {}
        for path, reason in self.reasons.items():
            by_reason.setdefault(reason, []).append(path)
        return " ".join(explain(reason, by_reason[reason]) for reason in sorted(by_reason, key=_RANK.__getitem__))


def decide(
    *,
    recipient: str,
    purpose: ServiceCode,
    requested: frozenset[str],
    requires: frozenset[str],
    consents: Sequence[ConsentRecord],
    statutes: Sequence[Statute],
    now: datetime,
) -> Permission | Withheld:
    """Decide which of the requested fields the recipient may be told for the purpose at the moment `now`.

    `requested` are the fields that the document holds and the agency discloses; `requires` those that it cannot do
    without. `now` is aware. The cost grows with the number of items that the consents name, and no faster.
    """
    law = law_in_force(statutes, recipient, day_in_korea(now))
    agency = recipient.partition(":")[0]
    ours = [consent for consent in consents if consent.recipient.partition(":")[0] == agency]
    standings = [(consent, standing_of(consent, recipient, purpose, now)) for consent in ours]
    named = _by_item(standings, requested)
    companions = _weigh([_as_companion(consent, refusal, law) for consent, refusal in standings])
    answers = {
        path: companions if path in _PLAIN else _open(path, named.get(path, ()), law) for path in _in_order(requested)
    }
    bases = {path: answer for path, answer in answers.items() if isinstance(answer, tuple)}
    shut = {path: answer for path, answer in answers.items() if not isinstance(answer, tuple)}
    absent = dict.fromkeys(requires - requested, WithheldReason.FIELD_MISSING)
    lacking = {path: reason for path, reason in (shut | absent).items() if path in requires}
    if lacking:
        return Withheld({path: lacking[path] for path in _in_order(lacking)})
    if not bases:
        return Withheld(shut)
    return Permission(recipient=recipient, fields=frozenset(bases), bases=bases, left_out=shut)


def standing_of(consent: ConsentRecord, recipient: str, purpose: ServiceCode, now: datetime) -> WithheldReason | None:
    """Return why a record that names the agency opens nothing at all here and now, or None while it is live."""
    if consent.recipient != recipient:
        return WithheldReason.CONSENT_OTHER_OFFICE
    if purpose not in consent.purposes:
        return WithheldReason.CONSENT_OTHER_PURPOSE
    return _ended(consent, now)


def law_in_force(statutes: Iterable[Statute], recipient: str, day: date) -> _Law:
    """Return the entries that hold for the recipient on a day (Korea), by the field that they open."""
    law: dict[str, list[Statute]] = {}
    for statute in statutes:
        if statute.recipient == recipient and statute.holds_on(day):
            for path in statute.fields:
                law.setdefault(path, []).append(statute)
    return law


def _ended(consent: ConsentRecord, now: datetime) -> WithheldReason | None:
    """A moment belongs to the state that begins with it: live from the signature on, over from expiry on.

    A withdrawal that is written down has happened, also where another process's clock is ahead of ours.
    """
    if consent.withdrawn_at is not None:
        return WithheldReason.CONSENT_WITHDRAWN
    if consent.expires_at is not None and consent.expires_at <= now:
        return WithheldReason.CONSENT_EXPIRED
    return WithheldReason.CONSENT_NOT_YET if now < consent.signed_at else None


def _by_item(standings: Iterable[_Verdict], requested: frozenset[str]) -> Mapping[str, Sequence[_Verdict]]:
    """Turn the records over: for each requested field, those that name it."""
    named: dict[str, list[_Verdict]] = {}
    for verdict in standings:
        for path in verdict[0].items & requested:
            named.setdefault(path, []).append(verdict)
    return named


def _open(path: str, verdicts: Sequence[_Verdict], law: _Law) -> _Bases | WithheldReason:
    """Return what opens a field that is about the person, or why nothing does."""
    answer = _weigh([(consent, _refusal(consent, refusal, path, law)) for consent, refusal in verdicts])
    if path == RRN_PATH and isinstance(answer, tuple):
        return tuple(sorted(_articles_for_rrn(law).union(answer)))
    return answer


def _refusal(consent: ConsentRecord, standing: WithheldReason | None, path: str, law: _Law) -> WithheldReason | None:
    """Return why a record that names the field does not open it, or None if it does.

    The type comes first (22①: one tick never covers two): what never fitted is not a consent that was withdrawn.
    """
    if consent.type is not _TYPE_OF_PATH.get(path):
        return WithheldReason.CONSENT_OTHER_TYPE
    if standing is not None:
        return standing
    if consent.basis is ConsentBasis.STATUTE and not _is_carried(consent, path, law):
        return WithheldReason.STATUTE_MISSING
    if path == RRN_PATH and not _articles_for_rrn(law):
        return WithheldReason.STATUTE_MISSING
    return None


def _is_carried(consent: ConsentRecord, path: str, law: _Law) -> bool:
    """A record that rests on a law counts only while the table carries that very article for the field."""
    return any(statute.article == consent.article for statute in law.get(path, ()))


def _articles_for_rrn(law: _Law) -> frozenset[str]:
    """An RRN needs more than a record that names it: articles for the recipient *and* the sender (24조의2)."""
    return frozenset(
        article
        for statute in law.get(RRN_PATH, ())
        if statute.sender_article is not None
        for article in (statute.article, statute.sender_article)
    )


def _as_companion(consent: ConsentRecord, refusal: WithheldReason | None, law: _Law) -> _Verdict:
    """Judge a record as company for plain fields: a third-party consent, or a law that opens something to them."""
    if refusal is None and consent.basis is ConsentBasis.STATUTE:
        carried = any(_refusal(consent, None, path, law) is None for path in consent.items)
        return consent, None if carried else WithheldReason.STATUTE_MISSING
    if consent.type is ConsentType.THIRD_PARTY or consent.basis is ConsentBasis.STATUTE:
        return consent, refusal
    return consent, WithheldReason.CONSENT_MISSING


def _weigh(verdicts: Sequence[_Verdict]) -> _Bases | WithheldReason:
    """Return the ids of the live records, with the articles that they name; or why none of them is live."""
    live = [consent for consent, refusal in verdicts if refusal is None]
    if live:
        ids = {consent.id for consent in live}
        return tuple(sorted(ids | {consent.article for consent in live if consent.article is not None}))
    refused = [(consent, refusal) for consent, refusal in verdicts if refusal is not None]
    return max(refused, key=_tells)[1] if refused else WithheldReason.CONSENT_MISSING


def _tells(refused: tuple[ConsentRecord, WithheldReason]) -> tuple[datetime, int]:
    """Order refusals by how much they tell: of records that once fitted the last one signed, then the nearest miss."""
    consent, refusal = refused
    return consent.signed_at if refusal in _FITTED_ONCE else _LONG_AGO, -_RANK[refusal]


def _in_order(paths: Iterable[str]) -> list[str]:
    """Sort field paths as the common schema declares them; a path that it does not know comes last."""
    return sorted(paths, key=lambda path: (_POSITION.get(path, len(_POSITION)), path))
