"""The verdict: what the auditor found, counted, and whether the promise held. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.cli.proof.audit_chain import INTACT
from hub.cli.proof.disturber import Tally
from hub.cli.proof.scene import Size
from mocks.auditor import Book, Findings, Promise

_UNSETTLED = frozenset({"pending", "sending", "handed_over", "failed"})
_SHOWN = 20


@dataclass(frozen=True)
class Verdict:
    """What became of everything."""

    size: Size
    """What was asked for."""
    promises: tuple[Promise, ...]
    books: Mapping[str, Book]
    findings: Findings
    untold_centre: tuple[tuple[str, str], ...]
    """What is wrong with what the centre heard by webhook: the referral's id, if it is about one, and words."""
    tally: Tally
    take_over_seconds: Mapping[str, Any]
    """How long killed processes' writes waited for others (`takeovers`), and under which lease."""
    notices: int
    """How many messages the centre's receiver took, copies too."""
    repeated_requests: int
    seconds: float
    audit_chain: str
    """"intact", or what is wrong with the hub's audit trail."""
    stopped: str | None = None
    """Why the proof did not come to its end; None if it did."""

    @property
    def unsettled(self) -> tuple[Promise, ...]:
        """What has no end: neither delivered, refused, called off or withheld by right, nor left to a person by right.

        What is held though its document entitles it to an act is lost, not unsettled.
        """
        waiting = {(finding.case, finding.service_code) for finding in self.findings.waiting}
        return tuple(
            promise
            for promise in self.promises
            if promise.final.get("delivery", "pending") in _UNSETTLED
            or (promise.final["delivery"] == "unknown" and (promise.case, promise.service_code) not in waiting)
        )

    @property
    def holds(self) -> bool:
        """Whether the promise held, under as much disturbance as was asked for."""
        complete = len(self.promises) == self.size.referrals and self.tally.landed >= self.size.kills
        whole = self.findings.is_clean and not self.untold_centre and self.audit_chain == INTACT
        return self.stopped is None and complete and whole and not self.unsettled

    def as_json(self) -> dict[str, Any]:
        """Return the figures, and of what run they are."""
        findings = self.findings
        return {
            "store": self.size.store,
            "processes": self.size.processes,
            "lost_replies": self.size.lost_replies,
            "seed": self.size.seed,
            "referrals": self.size.referrals,
            "accepted": len(self.promises),
            "acts": sum(len(book.acts) for book in self.books.values()),
            "lost": len(findings.lost),
            "duplicates": len(findings.duplicates),
            "unconsented": findings.unconsented_acts,
            "unconsented_fields": len(findings.unconsented),
            "altered": len(findings.altered),
            "untold": len(findings.untold),
            "untold_centre": len(self.untold_centre),
            "unsettled": len(self.unsettled),
            "waiting_for_person": len(findings.waiting),
            "unexplained": len(findings.unexplained),
            "supplements": sum(len(promise.supplements) for promise in self.promises),
            "notices": self.notices,
            "withheld": sum(promise.final.get("delivery") == "held" for promise in self.promises),
            "kills": self.tally.kills,
            "landed_kills": self.tally.landed,
            "pauses": self.tally.pauses,
            "database_kills": self.tally.database_kills,
            "faults": sum(visit.fault is not None for book in self.books.values() for visit in book.visits),
            "repeated_requests": self.repeated_requests,
            "take_over_seconds": self.take_over_seconds,
            "seconds": round(self.seconds, 1),
            "audit_chain": self.audit_chain,
        }

    def failures(self) -> Iterator[str]:
        """Yield, in words without personal data, what is wrong; the first of each kind."""
        findings = self.findings
        if self.stopped is not None:
            yield f"not run to its end: {self.stopped}"
        if len(self.promises) != self.size.referrals:
            yield f"{self.size.referrals} referrals were to be handed in, {len(self.promises)} were accepted"
        if self.tally.landed < self.size.kills:
            yield f"{self.size.kills} kills were to land, {self.tally.landed} did before all was sent"
        for kind in ("lost", "duplicates", "unconsented", "altered", "untold", "unexplained"):
            for finding in getattr(findings, kind)[:_SHOWN]:
                yield f"{kind}: {finding.agency} {finding.case} {finding.service_code}: {finding.what}"
        if self.audit_chain != INTACT:
            yield f"audit_chain: {self.audit_chain}"
        for referral_id, words in self.untold_centre[:_SHOWN]:
            yield f"untold_centre: {referral_id}: {words}"
        for promise in self.unsettled[:_SHOWN]:
            told = f"{promise.final.get('delivery')} {promise.final.get('reason')}"
            yield f"unsettled: {promise.agency} {promise.case} {promise.service_code}: {told}"
