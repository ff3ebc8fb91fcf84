"""Compares what became of each referral with what the sample says must become of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.cli.demo.play import Performance, Played
from mocks.auditor.books import Act, Book, base_of

_OF_THE_VIEW = ("agency", "office", "delivery", "business", "reason", "verification", "outcome")


def failures(performance: Performance) -> Iterator[str]:
    """Yield, in words without personal data, everything that did not turn out as it must."""
    for case in performance.cases:
        if case.trouble is not None:
            yield f"{case.sample.name}: {case.trouble}"
        finals = {final["service_code"]: final for final in case.record.final}
        for service, expected in case.sample.expected.items():
            for failure in _of_referral(performance, case, service, expected, finals.get(service)):
                yield f"{case.sample.name}, {service}: {failure}"
    findings = performance.findings
    for kind in ("lost", "duplicates", "unconsented", "altered"):
        for finding in getattr(findings, kind):
            yield f"{finding.case or '?'}, {finding.service_code or finding.agency}: {kind}: {finding.what}"


def sent_paths(book: Book, acts: tuple[Act, ...]) -> frozenset[str]:
    """Return the field paths that arrived at an agency in these acts."""
    names = {base_of(name) for act in acts for name in act.digests}
    return frozenset(path for name in names if (path := book.path_of.get(name)) is not None)


def _of_referral(
    performance: Performance, case: Played, service: str, expected: Mapping[str, Any], final: Mapping[str, Any] | None
) -> Iterator[str]:
    if final is None:
        yield "was not handed in, or cannot be read"
        return
    for name in _OF_THE_VIEW:
        if name in expected and final[name] != expected[name]:
            yield f"{name} must be {expected[name]} and is {final[name]}"
    acts = performance.findings.acts.get(final["id"], ())
    counted = {
        "registrations": sum(act.registers for act in acts),
        "withdrawals": sum(act.operation == "withdraw" for act in acts),
        "questions": sum(act.asks for act in acts),
    }
    for name, number in counted.items():
        if expected.get(name, number) != number:
            yield f"the agency must have {expected[name]} {name} and has {number}"
    passed = {event.get(name) for event in case.events.get(service, ()) for name in ("delivery", "business", "reason")}
    for state in expected.get("passed", ()):
        if state not in passed:
            yield f"never was {state} on the way"
    told = sent_paths(performance.books[final["agency"]], acts) if acts else frozenset()
    for path in expected.get("not_sent", ()):
        if path in told:
            yield f"{path} reached the agency"
