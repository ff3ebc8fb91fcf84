"""The count: what was promised against what the agencies have, one by one.

A *loss* is a promise that its document entitles to an act and that has none, one that the hub does not know any more,
or a receipt that no agency knows. A *duplicate* is a second registration. *Unconsented* counts fields: told without a
basis that was live at that moment.
What waits for a person is no loss where the agency leaves it to one; what it needs is a cause (`waiting`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mocks.auditor.books import Act, Book, Visit, base_of
from mocks.auditor.content import changed_names, is_about
from mocks.auditor.promises import Promise, is_said_to_be_supplemented
from mocks.auditor.rules import Question, Statute, why_not
from mocks.auditor.waiting import unexplained, waits_for_person


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. Names and codes only, no values."""

    agency: str
    case: str
    service_code: str
    what: str
    place: str = ""
    """Where in the agency's books, if it is about one act or request there."""


@dataclass(frozen=True)
class Findings:
    """What the auditor found; all are counted by their length."""

    lost: tuple[Finding, ...]
    duplicates: tuple[Finding, ...]
    unconsented: tuple[Finding, ...]
    """One for each field of each act or refused request; `unconsented_acts` counts these."""
    altered: tuple[Finding, ...]
    """Values that arrived changed, and cases that the agency has while the client was told otherwise."""
    acts: Mapping[str, tuple[Act, ...]]
    """The acts of each promise, by its referral's id."""
    waiting: tuple[Finding, ...] = ()
    """What a person must decide after a lost answer: nothing is wrong with it."""
    unexplained: tuple[Finding, ...] = ()
    """Those of them that no fault and no disturbance explains."""
    untold: tuple[Finding, ...] = ()
    """What an agency holds though its consent is withdrawn, and nobody told it so."""

    @property
    def unconsented_acts(self) -> int:
        """How many acts and refused requests told something without a basis."""
        return len({finding.place for finding in self.unconsented})

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        wrong = (self.lost, self.duplicates, self.unconsented, self.altered, self.unexplained, self.untold)
        return not any(wrong)


@dataclass(frozen=True)
class Terms:
    """What the auditor is told of the run itself."""

    left_to_person: frozenset[str] = frozenset()
    """The agencies whose contract leaves a lost answer to a person."""
    can_be_told: frozenset[str] = frozenset()
    """The agencies whose contract has a message for a withdrawal."""
    disturbed: frozenset[str] = frozenset()
    """The referrals that were being sent when a process was killed or paused."""


def audit(
    promises: Sequence[Promise],
    books: Mapping[str, Book],
    *,
    ended_at: datetime,
    ledger_key: bytes,
    statutes: Sequence[Statute] = (),
    terms: Terms | None = None,
) -> Findings:
    """Count.

    Args:
        promises: see `read_promises`.
        books: the books of every agency, by slug.
        ended_at: when everything had settled, business time.
        ledger_key: the key of the ledgers' digests.
        statutes: the articles that the configuration opened.
        terms: what else holds; nothing, if absent.
    """
    return _Auditor(promises, books, ended_at, ledger_key, statutes, terms or Terms()).count()


class _Auditor:
    def __init__(
        self,
        promises: Sequence[Promise],
        books: Mapping[str, Book],
        ended_at: datetime,
        ledger_key: bytes,
        statutes: Sequence[Statute],
        terms: Terms,
    ) -> None:
        self._promises = promises
        self._terms = terms
        self._books = books
        self._ended_at = ended_at
        self._ledger_key = ledger_key
        self._statutes = statutes
        self._by_key = {(p.agency, str(p.final.get("wire_key", ""))): p for p in promises}
        self._by_receipt = {(p.agency, p.final["receipt"]): p for p in promises if p.final.get("receipt")}
        self._visits: dict[tuple[str, str], list[Visit]] = {}
        """The requests that told something of a client, by agency and key."""
        for book in books.values():
            for visit in book.visits:
                if any(book.path_of.get(base_of(name)) for name in visit.names):
                    self._visits.setdefault((book.slug, visit.key), []).append(visit)
        self._acts: dict[str, list[Act]] = {promise.referral_id: [] for promise in promises}
        self._stray: list[tuple[Book, Act]] = []
        self._by_case: dict[tuple[str, str], Promise] = {}
        for book in books.values():
            for act in sorted(book.acts, key=lambda act: not act.registers):
                owner = self._owner(book, act)
                if owner is None:
                    self._stray.append((book, act))
                else:
                    self._acts[owner.referral_id].append(act)
                    self._by_case |= {(book.slug, receipt): owner for receipt in act.receipts if act.registers}

    def count(self) -> Findings:
        waiting = [promise for promise in self._promises if self._is_left_to_person(promise)]
        return Findings(
            lost=tuple(finding for promise in self._promises for finding in self._losses(promise)),
            duplicates=tuple(finding for promise in self._promises for finding in self._duplicates(promise)),
            unconsented=tuple(self._unconsented()),
            altered=tuple(finding for promise in self._promises for finding in self._altered(promise)),
            acts={referral_id: tuple(acts) for referral_id, acts in self._acts.items()},
            waiting=tuple(_finding(promise, "a person decides") for promise in waiting),
            unexplained=tuple(
                _finding(promise, "a person shall decide, and nothing explains why")
                for promise in unexplained(waiting, self._books, self._terms.disturbed)
            ),
            untold=tuple(finding for promise in self._promises for finding in self._untold(promise)),
        )

    def _is_left_to_person(self, promise: Promise) -> bool:
        return promise.agency in self._terms.left_to_person and waits_for_person(promise)

    def _owner(self, book: Book, act: Act) -> Promise | None:
        """Find whose act it is: by our key, or by its receipt; else by what it says of the client.

        What comes after a registration may have a key of its own: it is about the case that its receipt names.
        """
        known = self._by_key.get((book.slug, act.key)) if act.key else self._by_receipt.get((book.slug, act.receipt))
        if known is None and not act.registers:
            known = self._by_case.get((book.slug, act.receipt))
        if known is not None:
            return known
        about = (p for p in self._promises if p.agency == book.slug and is_about(act, book, p, self._ledger_key))
        return next(about, None)

    def _losses(self, promise: Promise) -> Iterator[Finding]:
        acts = self._acts[promise.referral_id]
        registrations = [act for act in acts if act.registers]
        receipt = promise.final.get("receipt")
        if promise.is_unknown_to_hub:
            yield _finding(promise, "the hub does not know any more what it promised")
        elif receipt is not None and not any(receipt in act.receipts for act in registrations):
            yield _finding(promise, "the agency does not know its receipt")
        elif not registrations and not self._is_excused(promise) and self._is_entitled(promise):
            yield _finding(promise, "entitled, and never registered")
        if len(self._supplements(promise)) < len(promise.supplements) and is_said_to_be_supplemented(promise):
            yield _finding(promise, "a supplement that was handed in never came")
        if promise.told and not any(act.operation == "withdraw" for act in acts):
            yield _finding(promise, "the agency was never told of the withdrawal")

    def _is_excused(self, promise: Promise) -> bool:
        """Return whether it has no registration by right: that is a person's to decide, or the agency's own word."""
        return self._is_left_to_person(promise) or self._is_refused(promise) or self._is_asked_about(promise)

    def _is_asked_about(self, promise: Promise) -> bool:
        """Return whether it is held since its agency was to be asked first, and the agency's books confirm why.

        Either the last answer there is no plain yes, or the question may not say what it cannot do without.
        """
        book = self._books.get(promise.agency)
        if book is None or not str(promise.final.get("reason")).startswith("verification_"):
            return False
        answers = [act.state for act in self._acts[promise.referral_id] if act.asks]
        if answers:
            return answers[-1] not in book.yes
        return any(self._missing(promise, book.required_to_ask)) or not all(map(promise.values, book.required_to_ask))

    def _is_entitled(self, promise: Promise) -> bool:
        """Return whether the document, as it stands at the end, opens all that the agency cannot do without."""
        book = self._books.get(promise.agency)
        if book is None or promise.cancelled:
            return False
        has_all = all(promise.values(path) for path in book.required)
        return has_all and not any(self._missing(promise, book.required))

    def _missing(self, promise: Promise, paths: Iterable[str]) -> Iterator[str]:
        """Yield why each of the fields, those that the agency cannot do without, may not be told at the end.

        What was in flight when the consent was withdrawn could arrive by right; nothing entitles it to.
        """
        named = {c.recipient for c in promise.consents if c.recipient.partition(":")[0] == promise.agency}
        asked = Question(frozenset(named), promise.service_code, "", self._ended_at)
        for path in paths:
            reason = why_not(path, asked, promise.consents, self._statutes)
            if reason is not None:
                yield reason

    def _untold(self, promise: Promise) -> Iterator[Finding]:
        """Judge what an agency holds at the end: whoever took the consent back wants it told."""
        acts, book = self._acts[promise.referral_id], self._books.get(promise.agency)
        is_held = any(act.registers for act in acts) and not any(act.operation == "withdraw" for act in acts)
        tellable = promise.agency in self._terms.can_be_told and not self._is_left_to_person(promise)
        if book is not None and is_held and tellable and "consent_withdrawn" in self._missing(promise, book.required):
            yield _finding(promise, "the agency holds it, and was not told of the withdrawal")

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
        for _ in self._supplements(promise)[len(promise.supplements) :]:
            yield _finding(promise, "supplemented once more than was handed in")

    def _supplements(self, promise: Promise) -> list[Act]:
        return [act for act in self._acts[promise.referral_id] if act.operation == "supplement"]

    def _altered(self, promise: Promise) -> Iterator[Finding]:
        acts = self._acts[promise.referral_id]
        registrations = [act for act in acts if act.registers]
        for act in registrations:
            names = changed_names(act, self._books[promise.agency], promise, self._ledger_key)
            yield from (_finding(promise, f"{name} arrived changed") for name in names)
        for act in self._supplements(promise):
            book = self._books[promise.agency]
            changed = [changed_names(act, book, one, self._ledger_key) for one in promise.as_supplemented()]
            yield from (_finding(promise, f"{name} arrived changed") for name in min(changed, key=len, default=()))
        has_all = promise.supplements and len(self._supplements(promise)) >= len(promise.supplements)
        if has_all and promise.final.get("reason") == "supplement_refused":
            yield _finding(promise, "the agency has the supplement, the client heard that it refused it")
        settled = any(act.operation == "withdraw" for act in acts) or self._is_left_to_person(promise)
        if registrations and promise.final.get("delivery") != "delivered" and not settled:
            yield _finding(promise, f"the agency has it, the client heard {promise.final.get('delivery')}")

    def _unconsented(self) -> Iterator[Finding]:
        for promise in self._promises:
            for number, act in enumerate(self._acts[promise.referral_id]):
                book, place = self._books[promise.agency], f"{promise.referral_id}/{number}"
                yield from self._without_basis(promise, book, act.at, act.office, act.digests, place)
        for number, (book, act) in enumerate(self._stray):
            for name in act.digests:
                yield Finding(book.slug, "", "", f"{name}: nobody asked for this act", f"stray/{number}")
        for book in self._books.values():
            for number, visit in enumerate(book.visits):
                if not visit.accepted:
                    yield from self._told_in_vain(book, visit, f"{book.slug}/{number}")

    def _may_be_in_flight(self, promise: Promise, book: Book, at: datetime) -> bool:
        """Return whether what arrived at a moment can be what was on its way at the first withdrawal that named it.

        That is one request. Where the contract has no key of ours, nobody can tell which it was.
        """
        key = str(promise.final.get("wire_key", ""))
        named = (c.withdrawn_at for c in promise.consents if c.withdrawn_at and promise.referral_id in c.in_flight)
        withdrawn_at = min(named, default=at)
        came = [v for v in self._visits.get((book.slug, key), ()) if key and withdrawn_at < v.at <= at]
        return len(came) <= 1

    def _told_in_vain(self, book: Book, visit: Visit, place: str) -> Iterator[Finding]:
        """Judge a request that was not accepted: what it said was disclosed all the same."""
        promise = self._by_key.get((book.slug, visit.key))
        if promise is not None:
            yield from self._without_basis(promise, book, visit.at, visit.office, visit.names, place)
        elif not visit.key:
            yield from self._told_of_nobody_known(book, visit, place)
        else:
            told = sorted({path for name in visit.names if (path := book.path_of.get(name))})
            for path in told:
                yield Finding(book.slug, "", "", f"{path}: told for no referral that is known", place)

    def _told_of_nobody_known(self, book: Book, visit: Visit, place: str) -> Iterator[Finding]:
        """Judge a request without a key: somebody must have agreed that all of it be told there at that moment."""
        about = [promise for promise in self._promises if promise.agency == book.slug]
        judged = [tuple(self._without_basis(one, book, visit.at, visit.office, visit.names, place)) for one in about]
        if visit.names and all(judged):
            nobody = Finding(book.slug, "", "", "told, and nobody is referred there", place)
            yield from min(judged, key=len, default=(nobody,))

    def _without_basis(
        self, promise: Promise, book: Book, at: datetime, office: str | None, names: Iterable[str], place: str
    ) -> Iterator[Finding]:
        recipients = frozenset({promise.agency} | ({f"{promise.agency}:{office}"} if office else set()))
        in_flight = self._may_be_in_flight(promise, book, at)
        asked = Question(recipients, promise.service_code, promise.referral_id, at, in_flight)
        bases = dict.fromkeys(base_of(name) for name in names)
        for base in bases.keys() - book.path_of.keys():
            yield _finding(promise, f"{base}: the auditor's table does not know this field", place)
        for path in sorted({path for base in bases if (path := book.path_of.get(base)) is not None}):
            reason = why_not(path, asked, promise.consents, self._statutes)
            if reason is not None:
                yield _finding(promise, f"{path}: {reason}", place)


def _finding(promise: Promise, what: str, place: str = "") -> Finding:
    return Finding(promise.agency, promise.case, promise.service_code, what, place)
