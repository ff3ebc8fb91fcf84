"""Plays the sample cases on a stage: those with faults one at a time, then all others at once; then the audit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from hub.cli.demo.centre import AnswerError, CaseRecord, Centre, referral_ids
from hub.cli.demo.progress import Progress
from hub.cli.demo.samples import Sample
from hub.cli.demo.stage import Stage
from hub.cli.demo.steps import StepError, Way, describe
from hub.cli.stage.control import ControlError
from mocks.auditor import Book, Findings, Promise, Statute, audit, read_book, read_promises

_SETTLE_SECONDS = 10.0
_ONE_MORE_HOUR = 3600.0
"""Business seconds after the last step: what is still queued would be sent by then, and the audit would see it."""


@dataclass
class Played:
    """What became of one case."""

    sample: Sample
    record: CaseRecord
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """The events of each referral, by its service code."""
    roll_up: dict[str, Any] = field(default_factory=dict)
    """How the case stands in the end, as `GET /v1/cases/{id}` says it."""
    trouble: str | None = None
    """Why the case did not get to its last step."""


@dataclass(frozen=True)
class Performance:
    """All cases, and what the auditor makes of them."""

    cases: tuple[Played, ...]
    promises: tuple[Promise, ...]
    books: Mapping[str, Book]
    findings: Findings
    ended_at: datetime
    statutes: tuple[Statute, ...]


async def play(stage: Stage, samples: Sequence[Sample], statutes: Sequence[Statute], progress: Progress) -> Performance:
    """Play all cases to their end and audit them.

    Raises:
        ChildError: hub or mocks died on the way.
    """
    centre = Centre(stage.hub_url, stage.key, stage.control)
    try:
        cases = tuple(Played(sample, CaseRecord(sample.name)) for sample in samples)
        for case in cases:
            if case.sample.has_faults:
                await _play_one(case, centre, stage, progress)
        await asyncio.gather(*(_play_one(c, centre, stage, progress) for c in cases if not c.sample.has_faults))
        stage.check()
        await stage.control.move_clock(_ONE_MORE_HOUR)
        await asyncio.gather(*(_settle(case, centre, stage, progress) for case in cases))
        stage.check()
        return await _audited(stage, cases, tuple(statutes))
    finally:
        await centre.aclose()


async def _play_one(case: Played, centre: Centre, stage: Stage, progress: Progress) -> None:
    way = Way(case.sample.name, case.sample.document, centre, stage.control, case.record)
    for number, step in enumerate(case.sample.steps, start=1):
        progress.show(case.sample.name, number, describe(step))
        try:
            await way.do(step)
        except (StepError, AnswerError, ControlError, httpx.HTTPError) as error:
            case.trouble = f"step {number} ({describe(step)}): {_words(error)}"
            progress.stop(case.sample.name, case.trouble)
            break


async def _settle(case: Played, centre: Centre, stage: Stage, progress: Progress) -> None:
    """Wait for the end that is expected, as long as it may come; then write down how everything stands."""
    if case.record.accepted is None:
        return
    way = Way(case.sample.name, case.sample.document, centre, stage.control, case.record)
    try:
        for service, referral_id in referral_ids(case.record).items():
            expected = case.sample.expected[service]
            wanted = {name: expected[name] for name in ("delivery", "business", "office") if name in expected}
            if case.trouble is None:
                try:
                    await way.reaches(service, wanted, _SETTLE_SECONDS)
                except StepError as error:
                    case.trouble = str(error)
            case.record.final.append(await centre.view(referral_id))
            case.events[service] = await centre.events(referral_id)
        case.roll_up = await centre.roll_up(case.record)
    except (AnswerError, ControlError, httpx.HTTPError) as error:
        case.trouble = f"cannot be read any more: {_words(error)}"
    if case.trouble is None:
        progress.done(case.sample.name)
    else:
        progress.stop(case.sample.name, case.trouble)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


async def _audited(stage: Stage, cases: tuple[Played, ...], statutes: tuple[Statute, ...]) -> Performance:
    books = {
        slug: read_book(slug, await stage.control.ledger(slug), await stage.control.journal(slug))
        for slug in stage.agencies
    }
    documents = {case.sample.name: case.sample.document for case in cases}
    promises = read_promises(documents, {"cases": [case.record.as_json() for case in cases]})
    ended_at = await stage.control.now()
    findings = audit(promises, books, ended_at=ended_at, ledger_key=stage.folder.ledger_key, statutes=statutes)
    return Performance(cases, promises, books, findings, ended_at, statutes)
