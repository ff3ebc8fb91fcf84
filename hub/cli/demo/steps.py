"""The steps of a sample case (`<case>.steps.json`), one function each: what the client, the centre and agencies do.

Waiting moves the business clock a little whenever nothing happens, so that retries and polls take no real time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.cli.demo.centre import CaseRecord, Centre, referral_ids
from hub.cli.stage.control import Control

Step = Mapping[str, Any]

_LONGEST_WAIT = 120.0
_PATIENCE = 0.25
"""Wall seconds without news after which the business clock is moved."""
_BETWEEN_LOOKS = 0.03
_STATES = ("delivery", "business", "reason")


class StepError(Exception):
    """A step could not be done, or what it waits for did not come; names states only."""


@dataclass
class Way:
    """One case on its way."""

    name: str
    document: Mapping[str, Any] = field(repr=False)
    centre: Centre
    control: Control
    record: CaseRecord
    seen: dict[str, int] = field(default_factory=dict)
    """The last event of each referral that a step has waited for."""

    async def do(self, step: Step) -> None:
        """Do one step.

        Raises:
            StepError, AnswerError, ControlError: it could not be done.
        """
        await STEPS[step["do"]](self, step)

    def referral(self, service: str) -> Mapping[str, Any]:
        """Return what was promised about a service of this case."""
        if self.record.accepted is None:
            raise StepError("nothing was handed in yet")
        referrals: list[dict[str, Any]] = self.record.accepted["referrals"]
        return next(referral for referral in referrals if referral["service_code"] == service)

    async def reaches(self, service: str, wanted: Mapping[str, Any], seconds: float = _LONGEST_WAIT) -> None:
        """Wait until a referral is, or was since the last step, as wanted.

        Raises:
            StepError: it was not in time.
        """
        referral_id = referral_ids(self.record)[service]

        async def has_come() -> bool:
            view = await self.centre.view(referral_id)
            return all(view[name] == value for name, value in wanted.items()) or await self._passed(referral_id, wanted)

        if not await self._wait(has_come, seconds):
            view = await self.centre.view(referral_id)
            told = ", ".join(f"{name} {view[name]}" for name in (*_STATES, "office"))
            raise StepError(f"{service} did not become {_said(wanted)}; it is: {told}")

    async def _passed(self, referral_id: str, wanted: Mapping[str, Any]) -> bool:
        if not wanted.keys() <= set(_STATES):
            return False
        for event in await self.centre.events(referral_id):
            new = event["sequence"] > self.seen.get(referral_id, 0)
            if new and all(event.get(name) == value for name, value in wanted.items()):
                self.seen[referral_id] = event["sequence"]
                return True
        return False

    async def struck(self, slug: str, times: int) -> None:
        """Wait until the faults of an agency have struck so often."""

        async def has_struck() -> bool:
            return await self.control.times_struck(slug) >= times

        if not await self._wait(has_struck, _LONGEST_WAIT):
            raise StepError(f"the fault at {slug} did not strike {times} time(s)")

    async def _wait(self, has_come: Callable[[], Awaitable[bool]], seconds: float) -> bool:
        loop = asyncio.get_running_loop()
        deadline, patient_until, nudge = loop.time() + seconds, loop.time() + _PATIENCE, 30.0
        while not await has_come():
            if loop.time() > deadline:
                return False
            if loop.time() > patient_until:
                await self.control.nudge_clock(nudge)
                nudge = min(2 * nudge, 3600.0)
            await asyncio.sleep(_BETWEEN_LOOKS)
        return True


def _said(wanted: Mapping[str, Any]) -> str:
    return " and ".join(f"{name} {value}" for name, value in wanted.items())


def describe(step: Step) -> str:
    """Say a step in a few words; no personal data."""
    order = step.get("order", {})
    words = (step["do"].replace("_", " "), step.get("service"), step.get("agency"), step.get("name"), order.get("to"))
    states = [f"{name}={step[name]}" for name in (*_STATES, "office") if name in step]
    return " ".join(str(word) for word in (*words, *states) if word)


async def _hand_in(way: Way, _step: Step) -> None:
    await way.centre.hand_in(way.record, way.document)


async def _await(way: Way, step: Step) -> None:
    wanted = {name: step[name] for name in (*_STATES, "office") if name in step}
    await way.reaches(step["service"], wanted)


async def _await_fault(way: Way, step: Step) -> None:
    await way.struck(step["agency"], step["struck"])


async def _advance(way: Way, step: Step) -> None:
    referral = way.referral(step["service"])
    receipt = (await way.centre.view(referral["id"]))["receipt"]
    await way.control.advance(referral["agency"], {"receipt": receipt, **step["order"]})


async def _fault(way: Way, step: Step) -> None:
    await way.control.set_fault(step["agency"], {k: v for k, v in step.items() if k not in {"do", "agency"}})


async def _clear_faults(way: Way, step: Step) -> None:
    await way.control.clear_faults(step["agency"])


async def _move_clock(way: Way, step: Step) -> None:
    await way.control.move_clock(step["seconds"])


async def _add_consents(way: Way, step: Step) -> None:
    await way.centre.add_consents(way.record, step["consents"])


async def _withdraw_consents(way: Way, step: Step) -> None:
    for consent_id in _consents_for(way, step["recipient"]):
        await way.centre.withdraw_consent(way.record, consent_id)


async def _override(way: Way, step: Step) -> None:
    await way.centre.override(way.referral(step["service"])["id"], step["reason"])


async def _cancel(way: Way, step: Step) -> None:
    await way.centre.cancel(way.record, way.referral(step["service"])["id"])


async def _resolve(way: Way, step: Step) -> None:
    """Settle an unknown as a counsellor who rang the agency up, and was told its newest receipt."""
    referral = way.referral(step["service"])
    acts = (await way.control.ledger(referral["agency"]))["acts"] if step["arrived"] else ()
    receipt = next((act["receipt"] for act in reversed(acts) if act["receipt"]), None)
    said = {"arrived": step["arrived"], "receipt": receipt, "reason": step["reason"]}
    await way.centre.resolve(referral["id"], {name: value for name, value in said.items() if value is not None})


async def _supplement(way: Way, step: Step) -> None:
    await way.centre.supplement(way.record, way.referral(step["service"])["id"], step["content"])


def _consents_for(way: Way, recipient: str) -> Iterator[str]:
    given = [(way.document["consents"], (way.record.accepted or {}).get("consents", []))]
    given += [(added["consents"], added["ids"]) for added in way.record.added]
    for consents, ids in given:
        for consent, consent_id in zip(consents, ids, strict=True):
            if consent["recipient"] == recipient:
                yield consent_id


STEPS: Mapping[str, Callable[[Way, Step], Awaitable[None]]] = {
    "hand_in": _hand_in,
    "await": _await,
    "await_fault": _await_fault,
    "advance": _advance,
    "fault": _fault,
    "clear_faults": _clear_faults,
    "move_clock": _move_clock,
    "add_consents": _add_consents,
    "withdraw_consents": _withdraw_consents,
    "override": _override,
    "resolve": _resolve,
    "cancel": _cancel,
    "supplement": _supplement,
}
"""What a step may do; `examples/cases/README.md` says what each is told."""
