"""Asks agencies whether they have room for a service (수용 여력): nothing about anybody, at once, and never for long.

An agency that fails, is paused or is slow is *not known*, with the reason; it never fails or delays the answer about
the others. Answers are kept for a short business time, so that a busy desk does not become a busy agency. Nothing is
written to the store.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import structlog

from adapters.sdk import (
    AdapterError,
    BusyError,
    Capacity,
    Gate,
    MisconfiguredError,
    NotSentError,
    PrecheckOrder,
    Verb,
)
from adapters.sdk.decisions import steady_now
from adapters.sdk.verbs import Prechecks
from hub.agencies import Agencies, recipient_of
from hub.clock import Clock, wall_now
from hub.consent.mint import Mint
from hub.settings import PrecheckSettings
from hub.store.ids import new_id
from schemas.services import ServiceCode

_log = structlog.get_logger("naru.precheck")


class NotKnown(StrEnum):
    """Why an agency's capacity is not known."""

    REGION_MISSING = "region_missing"
    """지역 없음: the agency has offices, and which one would be asked is not known."""
    AGENCY_PAUSED = "agency_paused"
    """전송 중지: somebody paused everything that goes to it."""
    AGENCY_UNREACHABLE = "agency_unreachable"
    """연결 실패."""
    AGENCY_BUSY = "agency_busy"
    """기관 혼잡: it asked to wait."""
    MISCONFIGURED = "misconfigured"
    """연계 설정 오류."""
    NO_ANSWER = "no_answer"
    """응답 없음: none came in time, or none that its contract knows."""


@dataclass(frozen=True)
class Answer:
    """What an agency said, or why it is not known; `at` is the business moment at which it was asked."""

    said: Capacity | NotKnown
    at: datetime


class _Asked(NamedTuple):
    """A question that was asked, until when its answer is good (business time), and the task that brings it."""

    until: datetime
    task: asyncio.Task[Answer]


class Capacities:
    """Knows, or asks, how much room agencies have. One question for each agency, office and service at a time."""

    def __init__(self, clock: Clock, gate: Gate, mint: Mint, agencies: Agencies, settings: PrecheckSettings) -> None:
        self._clock = clock
        self._gate = gate
        self._mint = mint
        self._agencies = agencies
        self._settings = settings
        self._asked: dict[tuple[str, str | None, ServiceCode], _Asked] = {}

    def offers(self, slug: str) -> bool:
        """Return whether an agency can be asked at all."""
        return slug in self._agencies.active and Verb.PRECHECK in self._agencies.active[slug].verbs

    async def ask(self, slug: str, office: str | None, service: ServiceCode) -> Answer:
        """Return how much room an agency that `offers` has, as it said just now or a short while ago. Never raises."""
        now, key = self._clock.now(), (slug, office, service)
        known = self._asked.get(key)
        if known is None or (known.task.done() and known.until <= now):
            until = now + timedelta(seconds=self._settings.keep_seconds)
            known = _Asked(until, asyncio.create_task(self._ask_now(slug, office, service, now)))
            self._asked[key] = known
        return await asyncio.shield(known.task)  # a caller who goes away takes nobody else's answer along

    async def _ask_now(self, slug: str, office: str | None, service: ServiceCode, now: datetime) -> Answer:
        attempt_id, seconds = new_id("pre"), self._settings.deadline_seconds
        recipient, send_by = recipient_of(slug, office), steady_now() + seconds
        decision = self._mint.impersonal(attempt_id=attempt_id, recipient=recipient, send_by=send_by)
        order = PrecheckOrder(
            decision=decision, service=service, office=office, message_id=uuid.uuid4().hex, sent_at=wall_now()
        )
        try:
            async with asyncio.timeout(seconds):
                return Answer(await self._call(slug, order), now)
        except TimeoutError:
            _log.warning("precheck_failed", agency=slug, error="TimeoutError")
            return Answer(NotKnown.NO_ANSWER, now)
        finally:
            self._gate.forget(attempt_id)

    async def _call(self, slug: str, order: PrecheckOrder) -> Capacity | NotKnown:
        adapter = self._agencies.active[slug].adapter
        if not isinstance(adapter, Prechecks):
            raise TypeError(f"{slug} offers no precheck")
        try:
            return await adapter.precheck(order)
        except AdapterError as error:
            _log.warning("precheck_failed", agency=slug, why=str(error))
            return _reason(error)
        except Exception as error:  # noqa: BLE001 - an adapter's defect must not fail what is asked of the others
            _log.error("precheck_failed", agency=slug, error=type(error).__name__)
            return NotKnown.NO_ANSWER

    async def aclose(self) -> None:
        """End the questions that are still open."""
        tasks = [asked.task for asked in self._asked.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._asked.clear()


def _reason(error: AdapterError) -> NotKnown:
    match error:
        case NotSentError():
            return NotKnown.AGENCY_UNREACHABLE
        case BusyError():
            return NotKnown.AGENCY_BUSY
        case MisconfiguredError():
            return NotKnown.MISCONFIGURED
        case _:
            return NotKnown.NO_ANSWER
