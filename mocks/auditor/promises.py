"""What was promised: each referral that the hub answered with 202, with its papers, by the client's own record.

The record is what the client wrote down of its requests and the API's answers; its shape is in `read_promises`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mocks.auditor.rules import Consent


@dataclass(frozen=True)
class Promise:
    """One referral that the hub took over."""

    case: str
    """The name of the sample case."""
    referral_id: str
    service_code: str
    agency: str
    client: Mapping[str, Any] = field(repr=False)
    referral: Mapping[str, Any] = field(repr=False)
    consents: tuple[Consent, ...]
    cancelled: bool
    """Whether the client called it off, with success."""
    told: bool
    """Whether the answer to a withdrawal said that the agency will be told."""
    final: Mapping[str, Any]
    """The last answer of `GET /v1/referrals/{id}`; empty if the hub does not know it any more."""
    supplements: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """What was handed in after the agency asked for more, and taken by the hub; bodies of the API."""
    forgotten: bool = False
    """Whether the hub answered, of something that it had promised in this case, that there is no such thing."""

    @property
    def is_unknown_to_hub(self) -> bool:
        """Whether the hub does not know any more what it promised."""
        return self.forgotten or not self.final

    def as_supplemented(self) -> Iterator[Promise]:
        """Yield the promise as each of its supplements tells it: its words in place of the referral's."""
        for content in self.supplements:
            yield replace(self, referral={**self.referral, **content})

    def values(self, path: str) -> list[Any]:
        """Return what the document holds at a field path; several for a list, none if it is absent."""
        head, *names = path.split(".")
        found: list[Any] = [self.client if head == "client" else self.referral]
        for name in names:
            found = [value for one in found for value in _below(one, name)]
        return found

    def paths(self) -> Iterator[str]:
        """Yield the field paths that the document fills, once each."""
        yield from dict.fromkeys((*_leaves(self.client, "client"), *_leaves(self.referral, "referral")))


_UNDER_WAY = frozenset({
    None, "supplement_on_its_way", "supplement_answer_lost", "supplement_acknowledged",
})  # fmt: skip


def is_said_to_be_supplemented(promise: Promise) -> bool:
    """Return whether the client heard that its supplement is there, or on its way, and the agency still waits."""
    waits = promise.final.get("business") == "supplement_requested"
    return waits and promise.final.get("reason") in _UNDER_WAY


def read_promises(documents: Mapping[str, Mapping[str, Any]], record: Mapping[str, Any]) -> tuple[Promise, ...]:
    """Read the client's record against the documents, by the name of the case.

    Args:
        documents: the bodies that were handed in.
        record: `{"cases": [{"case", "handed_in_at", "accepted": <the answer to POST /v1/cases>, "added": [{"at",
            "consents": [...], "ids": [...]}], "withdrawals": [{"at", "consent": <id>, "answer": {...}}],
            "cancelled": [<referral id>], "supplements": [{"referral": <id>, "content": <the body>}],
            "forgotten": [<paths that were answered with 404>], "final": [<answers of GET /v1/referrals/{id}>]}]}`.
            `handed_in_at` and the `at` of what was added are before the request, the `at` of a withdrawal is after its
            answer; all in business time, ISO 8601. A case that was not accepted has `"accepted": null`.
    """
    return tuple(
        promise
        for entry in record["cases"]
        if entry["accepted"] is not None
        for promise in _promises_of(documents[entry["case"]], entry)
    )


def _promises_of(document: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[Promise]:
    consents = tuple(_consents(document, entry))
    requests = {request["service_code"]: request for request in document["referrals"]}
    finals = {final["id"]: final for final in entry["final"]}
    told = {referral for withdrawal in entry["withdrawals"] for referral in withdrawal["answer"]["told"]}
    handed_in = entry.get("supplements", [])
    for accepted in entry["accepted"]["referrals"]:
        yield Promise(
            case=entry["case"],
            referral_id=accepted["id"],
            service_code=accepted["service_code"],
            agency=accepted["agency"],
            client=document["client"],
            referral=requests[accepted["service_code"]],
            consents=consents,
            cancelled=accepted["id"] in entry["cancelled"],
            told=accepted["id"] in told,
            final=finals.get(accepted["id"], {}),
            supplements=tuple(one["content"] for one in handed_in if one["referral"] == accepted["id"]),
            forgotten=bool(entry.get("forgotten")),
        )


def _consents(document: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[Consent]:
    given: list[tuple[str, Consent]] = _with_ids(
        document["consents"], entry["accepted"]["consents"], entry["handed_in_at"]
    )
    for added in entry["added"]:
        given += _with_ids(added["consents"], added["ids"], added["at"])
    withdrawn = {withdrawal["consent"]: withdrawal for withdrawal in entry["withdrawals"]}
    for consent_id, consent in given:
        if consent_id not in withdrawn:
            yield consent
            continue
        withdrawal = withdrawn[consent_id]
        yield replace(
            consent,
            withdrawn_at=datetime.fromisoformat(withdrawal["at"]),
            in_flight=frozenset(withdrawal["answer"]["in_flight"]),
        )


def _with_ids(consents: Sequence[Mapping[str, Any]], ids: Sequence[str], at: str) -> list[tuple[str, Consent]]:
    moment = datetime.fromisoformat(at)
    return [(one, _consent(consent, moment)) for one, consent in zip(ids, consents, strict=True)]


def _consent(consent: Mapping[str, Any], handed_in_at: datetime) -> Consent:
    expires_at = consent.get("expires_at")
    return Consent(
        recipient=consent["recipient"],
        type=consent["type"],
        basis=consent.get("basis", "consent"),
        article=consent.get("article"),
        purposes=frozenset(consent["purposes"]),
        items=frozenset(consent["items"]),
        signed_at=datetime.fromisoformat(consent["signed_at"]),
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        handed_in_at=handed_in_at,
    )


def _below(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _leaves(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from _leaves(below, f"{path}.{name}")
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for one in value:
            yield from _leaves(one, path)
    elif value not in (None, []):
        yield path
