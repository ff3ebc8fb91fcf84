"""What the demo says in the end: one JSON object, or a table for each case with what was sent and held back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from hub.cli.demo.judge import sent_paths
from hub.cli.demo.play import Performance
from mocks.auditor import Promise
from mocks.auditor.rules import Question, why_not

_COUNTED = ("delivered", "held", "refused", "cancelled", "unknown")
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
    }


def show(performance: Performance, failed: Sequence[str], console: Console) -> None:
    """Print a table for each case, then the counts and what went wrong."""
    for case in performance.cases:
        console.print(f"\n[bold]{case.sample.name}[/]  {case.sample.about}")
        table = Table(show_edge=False, pad_edge=False, expand=True)
        for heading, share in (("referral", 0), ("became", 0), ("sent", 1), ("held back, and why", 1)):
            table.add_column(heading, ratio=share or None, no_wrap=not share)
        for promise in performance.promises:
            if promise.case == case.sample.name:
                table.add_row(*_row(performance, promise))
        console.print(table)
    told = as_json(performance)
    counts = ", ".join(f"{told[name]} {name}" for name in ("cases", "referrals", *_COUNTED))
    console.print(f"\n{counts}")
    audited = ", ".join(f"{name} {told[name]}" for name in ("lost", "duplicates", "unconsented"))
    console.print(f"the auditor, from the agencies' own ledgers: [bold]{audited}[/]")
    for failure in failed:
        console.print(f"[red]not as it must be:[/] {failure}", highlight=False)


def _row(performance: Performance, promise: Promise) -> Iterator[str]:
    final = promise.final
    yield "\n".join(str(part) for part in (promise.service_code, promise.agency, final.get("office")) if part)
    yield "\n".join(str(final[name]) for name in ("delivery", "business", "reason", "receipt") if final.get(name))
    sent = _sent(performance, promise)
    known = list(promise.paths())
    yield "\n".join(_grouped([*filter(sent.__contains__, known), *sorted(sent.difference(known))])) or "nothing"
    reasons: dict[str, list[str]] = {}
    for path in known:
        if path not in sent:
            reasons.setdefault(_reason(performance, promise, path), []).append(path)
    yield "\n".join(f"[bold]{why}[/]: {'; '.join(_grouped(paths))}" for why, paths in reasons.items()) or "nothing"


def _sent(performance: Performance, promise: Promise) -> frozenset[str]:
    """Return what arrived by the agency's own book: in its acts, or in a request that it refused."""
    book = performance.books.get(promise.agency)
    if book is None:
        return frozenset()
    key = promise.final.get("wire_key")
    refused = {
        path for visit in book.visits if visit.key == key for name in visit.names if (path := book.path_of.get(name))
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
    return "not sent" if why is None else _WHY[why]


def _grouped(paths: Iterable[str]) -> list[str]:
    """Shorten `client.address.zip_no`, `client.address.adm_cd` to `client.address: zip_no, adm_cd`."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        head, _, leaf = path.rpartition(".")
        groups.setdefault(head, []).append(leaf)
    return [f"{head}: {', '.join(leaves)}" for head, leaves in groups.items()]


def curl_lines(hub_url: str, key_file: str, document_file: str) -> Mapping[str, str]:
    """Return what a newcomer may type next, each with what it does."""
    authorised = f'-H "Authorization: Bearer $(cat {key_file})"'
    return {
        "hand a case in": f'curl -s {authorised} -H "Idempotency-Key: my-first" -H "Content-Type: application/json" '
        f"--data @{document_file} {hub_url}/v1/cases",
        "see all referrals": f"curl -s {authorised} {hub_url}/v1/referrals",
        "read the API's page": f"{hub_url}/docs",
    }
