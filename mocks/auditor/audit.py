"""The count: what was promised against what the agencies have, one by one.

A *loss* is a promise that its document entitles to an act and that has none, or a receipt that no agency knows. A
*duplicate* is a second registration. *Unconsented* counts fields: told without a basis that was live at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mocks.auditor.books import Act, Book, Visit, base_of
from mocks.auditor.content import changed_names, is_about
from mocks.auditor.promises import Promise
from mocks.auditor.rules import Question, Statute, why_not


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. Names and codes only, no values."""

    agency: str
    case: str
    service_code: str
    what: str


@dataclass(frozen=True)
class Findings:
    """What the auditor found; `lost`, `duplicates` and `unconsented` are counted by their length."""

    lost: tuple[Finding, ...]
    duplicates: tuple[Finding, ...]
    unconsented: tuple[Finding, ...]
    """One for each field of each act or refused request."""
    altered: tuple[Finding, ...]
    """Values that arrived changed, and cases that the agency has while the client was told otherwise."""
    acts: Mapping[str, tuple[Act, ...]]
    """The acts of each promise, by its referral's id."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.duplicates or self.unconsented or self.altered)


def audit(
    promises: Sequence[Promise],
    books: Mapping[str, Book],
    *,
    ended_at: datetime,
    ledger_key: bytes,
    statutes: Sequence[Statute] = (),
) -> Findings:
    """Count.

    Args:
        promises: see `read_promises`.
        books: the books of every agency, by slug.
        ended_at: when everything had settled, business time.
        ledger_key: the key of the ledgers' digests.
        statutes: the articles that the configuration opened.
    """
    return _Auditor(promises, books, ended_at, ledger_key, statutes).count()


class _Auditor:
    def __init__(
        self,
        promises: Sequence[Promise],
        books: Mapping[str, Book],
        ended_at: datetime,
        ledger_key: bytes,
        statutes: Sequence[Statute],
    ) -> None:
        self._promises = promises
        self._books = books
        self._ended_at = ended_at
        self._ledger_key = ledger_key
        self._statutes = statutes
        self._by_key = {(p.agency, str(p.final.get("wire_key", ""))): p for p in promises}
        self._acts: dict[str, list[Act]] = {promise.referral_id: [] for promise in promises}
        self._stray: list[tuple[Book, Act]] = []
        for book in books.values():
            for act in book.acts:
                owner = self._owner(book, act)
                if owner is None:
                    self._stray.append((book, act))
                else:
                    self._acts[owner.referral_id].append(act)

    def count(self) -> Findings:
        return Findings(
            lost=tuple(finding for promise in self._promises for finding in self._losses(promise)),
            duplicates=tuple(finding for promise in self._promises for finding in self._duplicates(promise)),
            unconsented=tuple(self._unconsented()),
            altered=tuple(finding for promise in self._promises for finding in self._altered(promise)),
            acts={referral_id: tuple(acts) for referral_id, acts in self._acts.items()},
        )

    def _owner(self, book: Book, act: Act) -> Promise | None:
        """Find whose act it is: by our key at the agency; one with a foreign key, by what it says of the client."""
        known = self._by_key.get((book.slug, act.key)) if act.key else None
        if known is not None:
            return known
        about = (p for p in self._promises if p.agency == book.slug and is_about(act, book, p, self._ledger_key))
        return next(about, None)

    def _losses(self, promise: Promise) -> Iterator[Finding]:
        acts = self._acts[promise.referral_id]
        registrations = [act for act in acts if act.registers]
        receipt = promise.final.get("receipt")
        if receipt is not None and not any(receipt in act.receipts for act in registrations):
            yield _finding(promise, "the agency does not know its receipt")
        elif not registrations and self._is_entitled(promise) and not self._is_refused(promise):
            yield _finding(promise, "entitled, and never registered")
        if promise.told and not any(act.operation == "withdraw" for act in acts):
            yield _finding(promise, "the agency was never told of the withdrawal")

    def _is_entitled(self, promise: Promise) -> bool:
        """Return whether the document, as it stands at the end, opens all that the agency cannot do without."""
        book = self._books.get(promise.agency)
        if book is None or promise.cancelled:
            return False
        named = {c.recipient for c in promise.consents if c.recipient.partition(":")[0] == promise.agency}
        asked = Question(frozenset(named), promise.service_code, promise.referral_id, self._ended_at)
        return all(
            promise.values(path) and why_not(path, asked, promise.consents, self._statutes) is None
            for path in book.required
        )

    def _is_refused(self, promise: Promise) -> bool:
        """Return whether the client heard of a refusal that the agency's own journal confirms."""
        if promise.final.get("delivery") != "refused":
            return False
        visits = self._books[promise.agency].visits
        return any(visit.refused and visit.key == promise.final.get("wire_key") for visit in visits)

    def _duplicates(self, promise: Promise) -> Iterator[Finding]:
        registrations = [act for act in self._acts[promise.referral_id] if act.registers]
        for act in registrations[1:]:
            yield _finding(promise, f"registered once more as {act.receipt}")

    def _altered(self, promise: Promise) -> Iterator[Finding]:
        acts = self._acts[promise.referral_id]
        registrations = [act for act in acts if act.registers]
        for act in registrations:
            names = changed_names(act, self._books[promise.agency], promise, self._ledger_key)
            yield from (_finding(promise, f"{name} arrived changed") for name in names)
        taken_back = any(act.operation == "withdraw" for act in acts)
        if registrations and promise.final.get("delivery") != "delivered" and not taken_back:
            yield _finding(promise, f"the agency has it, the client heard {promise.final.get('delivery')}")

    def _unconsented(self) -> Iterator[Finding]:
        for promise in self._promises:
            for act in self._acts[promise.referral_id]:
                book = self._books[promise.agency]
                yield from self._without_basis(promise, book, act.at, act.office, act.digests)
        for book, act in self._stray:
            yield from (Finding(book.slug, "", "", f"{name}: nobody asked for this act") for name in act.digests)
        for book in self._books.values():
            for visit in book.visits:
                if not visit.accepted:
                    yield from self._told_in_vain(book, visit)

    def _told_in_vain(self, book: Book, visit: Visit) -> Iterator[Finding]:
        """Judge a request that was not accepted: what it said was disclosed all the same."""
        promise = self._by_key.get((book.slug, visit.key))
        if promise is not None:
            yield from self._without_basis(promise, book, visit.at, visit.office, visit.names)
        elif visit.key:
            told = sorted({path for name in visit.names if (path := book.path_of.get(name))})
            yield from (Finding(book.slug, "", "", f"{path}: told for no referral that is known") for path in told)

    def _without_basis(
        self, promise: Promise, book: Book, at: datetime, office: str | None, names: Iterable[str]
    ) -> Iterator[Finding]:
        recipients = frozenset({promise.agency} | ({f"{promise.agency}:{office}"} if office else set()))
        asked = Question(recipients, promise.service_code, promise.referral_id, at)
        bases = dict.fromkeys(base_of(name) for name in names)
        for base in bases.keys() - book.path_of.keys():
            yield _finding(promise, f"{base}: the auditor's table does not know this field")
        for path in sorted({path for base in bases if (path := book.path_of.get(base)) is not None}):
            reason = why_not(path, asked, promise.consents, self._statutes)
            if reason is not None:
                yield _finding(promise, f"{path}: {reason}")


def _finding(promise: Promise, what: str) -> Finding:
    return Finding(promise.agency, promise.case, promise.service_code, what)
