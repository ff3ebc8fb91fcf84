"""What the demo says in the end: one JSON object, or lines for each case with what was sent and held back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.cells import cell_len
from rich.console import Console

from hub.cli.demo.judge import sent_paths
from hub.cli.demo.play import Performance
from mocks.auditor import Promise
from mocks.auditor.books import base_of
from mocks.auditor.rules import Question, why_not

_COUNTED = ("delivered", "held", "refused", "cancelled", "unknown")
_OF_THE_VIEW = ("delivery", "business", "reason", "receipt")
_WHY = {
    "consent_missing": "no consent",
    "consent_withdrawn": "consent withdrawn",
    "statute_missing": "no statute opens it",
    None: "the agency has no field for it",
}


def as_json(performance: Performance) -> dict[str, Any]:
    """Return the object that `--json` prints; `referral` is the service code, which a case has once."""
    finals = [(promise, promise.final) for promise in performance.promises]
    findings = performance.findings
    return {
        "cases": len(performance.cases),
        "referrals": len(finals),
        **{state: sum(final.get("delivery") == state for _, final in finals) for state in _COUNTED},
        "lost": len(findings.lost),
        "duplicates": len(findings.duplicates),
        "unconsented": len(findings.unconsented),
        "by_referral": [
            {
                "case": promise.case,
                "referral": promise.service_code,
                **{name: final.get(name) for name in ("agency", "delivery", "business", "receipt", "reason")},
            }
            for promise, final in finals
        ],
        "roll_up": {case.sample.name: case.roll_up for case in performance.cases},
    }


def show(performance: Performance, failed: Sequence[str], console: Console) -> None:
    """Print what became of each case, then the counts and what went wrong."""
    for case in performance.cases:
        console.print()
        _tell(console, f"{case.sample.name}: {case.sample.about}", style="bold")
        for promise in performance.promises:
            if promise.case == case.sample.name:
                _tell(console, _became(promise), indent=2)
                for line in _told(performance, promise):
                    _tell(console, line, indent=4, style="dim")
        if case.roll_up:
            _tell(console, case.roll_up["summary"], indent=2)
    told = as_json(performance)
    console.print()
    _tell(console, ", ".join(f"{told[name]} {name}" for name in ("cases", "referrals", *_COUNTED)))
    audited = ", ".join(f"{name} {told[name]}" for name in ("lost", "duplicates", "unconsented"))
    _tell(console, f"the auditor, from the agencies' own ledgers: {audited}", style="bold")
    for failure in failed:
        _tell(console, f"not as it must be: {failure}", style="red")


def _tell(console: Console, text: str, *, indent: int = 0, style: str = "") -> None:
    """Print a text, broken between words only, however narrow the terminal is."""
    lines = [" " * indent]
    for word in text.split():
        line = lines[-1] if not lines[-1].strip() else f"{lines[-1]} "
        if line.strip() and cell_len(line + word) > console.width:
            lines.append(" " * (indent + 2) + word)
        else:
            lines[-1] = line + word
    for line in lines:
        console.print(line, style=style, soft_wrap=True, highlight=False, markup=False)


def _became(promise: Promise) -> str:
    """Return one line: which service, where, what became of it, and the agency's receipt."""
    final = promise.final
    where = " ".join(str(part) for part in (promise.service_code, promise.agency, final.get("office")) if part)
    return f"{where}: {', '.join(str(final[name]) for name in _OF_THE_VIEW if final.get(name))}"


def _told(performance: Performance, promise: Promise) -> Iterator[str]:
    """Yield how much was sent, and what was held back and why."""
    sent, known = _sent(performance, promise), list(promise.paths())
    held_back = [path for path in known if path not in sent]
    if not sent:
        yield f"nothing sent of {len(known)} fields"
        return
    yield f"{len(known) - len(held_back)} of {len(known)} fields sent"
    if added := sorted(sent.difference(known)):
        yield f"sent beside the document's own: {'; '.join(_grouped(added))}"
    reasons: dict[str, list[str]] = {}
    for path in held_back:
        reasons.setdefault(_reason(performance, promise, path), []).append(path)
    for why, paths in reasons.items():
        yield f"held back, {why}: {'; '.join(_grouped(paths))}"


def _sent(performance: Performance, promise: Promise) -> frozenset[str]:
    """Return what arrived by the agency's own book: in its acts, or in a request that it refused."""
    book = performance.books.get(promise.agency)
    if book is None:
        return frozenset()
    key = promise.final.get("wire_key")
    refused = {
        path
        for visit in book.visits
        if visit.key == key
        for name in visit.names
        if (path := book.path_of.get(base_of(name)))
    }
    return sent_paths(book, performance.findings.acts.get(promise.referral_id, ())) | refused


def _reason(performance: Performance, promise: Promise, path: str) -> str:
    """Say why a field stayed here, by the auditor's reading of the document."""
    book = performance.books.get(promise.agency)
    if book is not None and path not in book.path_of.values():
        return _WHY[None]
    named = {c.recipient for c in promise.consents if c.recipient.partition(":")[0] == promise.agency}
    asked = Question(frozenset(named), promise.service_code, promise.referral_id, performance.ended_at)
    why = why_not(path, asked, promise.consents, performance.statutes)
    return "this service's message has no field for it" if why is None else _WHY[why]


def _grouped(paths: Iterable[str]) -> list[str]:
    """Shorten `client.address.zip_no`, `client.address.adm_cd` to `client.address: zip_no, adm_cd`."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        head, _, leaf = path.rpartition(".")
        groups.setdefault(head, []).append(leaf)
    return [f"{head}: {', '.join(leaves)}" for head, leaves in groups.items()]


def typed_next(
    hub_url: str, control_url: str, key_file: str, document_file: str, of_the_hub: Callable[[str], str]
) -> Mapping[str, str]:
    """Return what a newcomer may type next, each with what it does.

    `of_the_hub` makes a line that a shell takes of the arguments of a command which works on the demo's own store.
    """
    authorised = f'-H "Authorization: Bearer $(cat {key_file})"'
    return {
        "hand a case in": f'curl -s {authorised} -H "Idempotency-Key: my-first" -H "Content-Type: application/json" '
        f"--data @{document_file} {hub_url}/v1/cases",
        "see all referrals, yours last: each with its agency and, once delivered, the receipt": (
            f"curl -s {authorised} {hub_url}/v1/referrals"
        ),
        "let an agency decide one of yours: put AGENCY and RECEIPT in as they stand there": (
            f'curl -s -X POST {control_url}/AGENCY/advance -d \'{{"receipt": "RECEIPT", "to": "decided"}}\''
        ),
        "let a day pass: retries, look-ups and polls wait for this clock": (
            f"curl -s -X POST {control_url}/clock -d '{{\"advance_seconds\": 86400}}'"
        ),
        "verify what the audit trail proves of all that (docs/audit.md)": of_the_hub("audit verify"),
        "steer the mocks otherwise (docs/mocks.md)": f"{control_url}/agencies",
        "read the API's page": f"{hub_url}/docs",
    }


def clock_line(business: datetime, wall: datetime) -> str:
    """Return how far the virtual clock of hub and mocks is ahead of this machine's."""
    ahead = timedelta(seconds=max(0, round((business - wall).total_seconds())))
    return f"Their clock is virtual, and {ahead} ahead of this machine's: it says {business:%Y-%m-%d %H:%M} UTC."
