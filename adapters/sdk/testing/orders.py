"""Orders for one adapter, as the hub gives them: the document pruned, the decision stamped, the key in its form."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from adapters.sdk.decisions import Decision, Disclose, Gate, Impersonal, Reconcile, Withdraw, steady_now
from adapters.sdk.kst import utc_now
from adapters.sdk.orders import (
    FindOrder,
    PrecheckOrder,
    StatusOrder,
    SubmitOrder,
    SupplementOrder,
    VerifyOrder,
    WithdrawOrder,
)
from adapters.sdk.profile import Profile
from adapters.sdk.testing.documents import full_document
from adapters.sdk.verbs import Verb
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths, prune

SomeDecision = TypeVar("SomeDecision", bound=Decision)

_PEOPLE = count()


def another_birth_date() -> date:
    """Return a birth date that this process gave to nobody yet: agencies refuse a person's second open application."""
    return date(1940, 1, 1) + timedelta(days=next(_PEOPLE))


@dataclass(kw_only=True)
class Orders:
    """Makes orders for the agency of `profile`, decided by `gate`, at `office` if it has offices."""

    profile: Profile
    gate: Gate = field(repr=False)
    office: str | None = None
    message_id: str | None = None
    """That of every order; a new one each time, if absent."""
    sent_at: datetime | None = None
    """The same for the wire's time."""

    def new_key(self) -> str:
        """Make a key as the hub does at intake."""
        return self.profile.wire_key.make(utc_now())

    def document(self, *, other: bool = False) -> Disclosure:
        """Return a document with all that the adapter discloses, for a service that it has."""
        profile = self.profile
        return prune(full_document(min(profile.services), other=other), profile.discloses)

    def somebody(self) -> Disclosure:
        """Return such a document about somebody whom nobody told of yet: another birth date, in the RRN too."""
        document, born = self.document(), another_birth_date()
        own = {name: getattr(document.client, name) for name in ("birth_date", "rrn")}
        news = {"birth_date": born, "rrn": f"{born:%y%m%d}{(own['rrn'] or '')[6:]}"}
        changes = {name: news[name] for name, value in own.items() if value is not None}
        return document.model_copy(update={"client": document.client.model_copy(update=changes)})

    def submit(self, document: Disclosure, wire_key: str | None = None) -> SubmitOrder:
        """Make an order for a new referral."""
        return SubmitOrder(**self._envelope(wire_key), decision=self._disclose(document), document=document)

    def verify(self, document: Disclosure) -> VerifyOrder:
        """Make an order that asks for eligibility, with what that may say."""
        kept = prune(document, self.profile.need_of(Verb.VERIFY).discloses)
        return VerifyOrder(**self._envelope(None), decision=self._disclose(kept), document=kept)

    def supplement(self, document: Disclosure, wire_key: str, receipt: str) -> SupplementOrder:
        """Make an order that supplements a referral."""
        kept = prune(document, self.profile.need_of(Verb.SUPPLEMENT).discloses)
        return SupplementOrder(
            **self._envelope(wire_key),
            decision=self._disclose(kept),
            document=kept,
            receipt=receipt,
            supplement_key=self.new_key(),
        )

    def find(self, wire_key: str) -> FindOrder:
        """Make an order that looks a referral up."""
        return FindOrder(**self._envelope(wire_key), decision=self._decide(Reconcile))

    def status(self, wire_key: str, receipt: str) -> StatusOrder:
        """Make an order that asks how a referral stands."""
        return StatusOrder(**self._envelope(wire_key), decision=self._decide(Reconcile), receipt=receipt)

    def withdraw(self, wire_key: str, receipt: str) -> WithdrawOrder:
        """Make an order that takes a referral back."""
        return WithdrawOrder(**self._envelope(wire_key), decision=self._decide(Withdraw), receipt=receipt)

    def precheck(self) -> PrecheckOrder:
        """Make an order that asks for room, about nobody."""
        return PrecheckOrder(
            decision=self.impersonal(),
            service=min(self.profile.services),
            office=self.office,
            message_id=self.message_id or uuid.uuid4().hex,
            sent_at=self.sent_at or utc_now(),
        )

    def impersonal(self) -> Impersonal:
        """Make the leave for a probe, or for fetching a token."""
        return self._decide(Impersonal)

    def _envelope(self, wire_key: str | None) -> dict[str, Any]:
        return {
            "wire_key": wire_key or self.new_key(),
            "message_id": self.message_id or uuid.uuid4().hex,
            "office": self.office,
            "sent_at": self.sent_at or utc_now(),
        }

    def _disclose(self, document: Disclosure) -> Disclose:
        return self._decide(Disclose, fields=present_paths(document), bases={}, fields_hmac="")

    def _decide(self, kind: type[SomeDecision], **more: Any) -> SomeDecision:
        slug, office = self.profile.slug, self.office
        recipient = slug if office is None else f"{slug}:{office}"
        made = kind(attempt_id=uuid.uuid4().hex, recipient=recipient, send_by=steady_now() + 60, **more)
        return self.gate.stamp(made)
