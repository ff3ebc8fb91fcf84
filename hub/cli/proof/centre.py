"""The centre application of a proof: it asks until it is answered, and writes down only what it was answered.

A hub that is dead, or answers that it cannot now, is asked again with the same Idempotency-Key, another one of several
in its place; but not for ever. A promise that the hub does not know any more is written down as forgotten, and the
centre goes on. What the auditor believes of the hub's promises is in these records.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from itertools import cycle
from typing import Any

import httpx

from hub.cli.demo.centre import CaseRecord
from hub.cli.proof.plan import Change, PlannedCase
from hub.cli.stage.control import Control

_BETWEEN_TRIES = 0.1, 1.0
"""Wall seconds, at first and at most: while the hub is dead, those who wait for it shall not keep it from its start."""
_PAGE = 200
_CALLED_OFF = frozenset({"cancelled_by_centre", "cancel_asked"})


class HubError(Exception):
    """The hub refused something that it should not have, or never answered; names the status and the problem."""


class ForgottenError(Exception):
    """The hub answered that there is no such thing, of something that it had promised."""


class Centre:
    """One centre before one hub, or before several that share a store.

    Args:
        hubs: where the API is served.
        key: the centre's.
        control: tells the business time.
        patience_seconds: so long it asks for one answer.
        on_promise: called at the very moment of a promise, with the hub that made it.
        transport: what carries the requests, if not the network.
    """

    def __init__(
        self,
        hubs: Sequence[str],
        key: str,
        control: Control,
        patience_seconds: float,
        on_promise: Callable[[str], None],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._patience_seconds, self._on_promise = patience_seconds, on_promise
        self._hubs = cycle(hubs)
        self._hub = next(self._hubs)
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=20.0, transport=transport
        )
        self._control = control
        self.records: dict[str, CaseRecord] = {}
        """Its records, by the case's name."""
        self._services: dict[str, tuple[str, str]] = {}
        self._webhook = ""
        self.webhook_secret = ""
        """What the hub signs its notices with."""
        self.repeated = 0
        """How many requests it had to make again."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def hand_in(self, case: PlannedCase) -> None:
        """Hand a case over, and go on until the hub has promised it."""
        record = self.records[case.name] = CaseRecord(case.name)
        record.handed_in_at = await self._now()
        answer = await self._ask("POST", "/v1/cases", case.document, key=f"{case.name}-case")
        record.accepted = _told(answer, HTTPStatus.ACCEPTED)
        self._services |= {r["id"]: (case.name, r["service_code"]) for r in record.accepted["referrals"]}

    def is_steady(self, unsteady: Mapping[str, frozenset[str]], referral_id: str) -> bool:
        """Return whether its client will not take a referral back; `unsteady`: services by the case's name."""
        case, service = self._services.get(referral_id, ("", ""))
        return bool(case) and service not in unsteady[case]

    async def change(self, case: PlannedCase, change: Change) -> None:
        """Tell the hub what the client thinks now."""
        record = self.records[case.name]
        try:
            await self._change(case, record, change)
        except ForgottenError as error:
            record.forgotten.append(str(error))

    async def _change(self, case: PlannedCase, record: CaseRecord, change: Change) -> None:
        match change.mind:
            case "later":
                await self._add_consents(record, change)
            case "withdraws":
                await self._withdraw(case, record, change.service)
            case "cancels":
                await self._cancel(record, change.service)
            case _:
                pass

    async def supplement(self, referral_id: str, content: Mapping[str, Any]) -> None:
        """Hand in what an agency asked for, once; one that waits for it no longer is left alone."""
        record = self.records[self._services[referral_id][0]]
        try:
            answer = await self._ask("POST", f"/v1/referrals/{referral_id}/supplement", content)
            if answer.status_code != HTTPStatus.CONFLICT:
                _told(answer)
            elif not await self._is_supplemented(referral_id):
                return
        except ForgottenError as error:
            record.forgotten.append(str(error))
        else:
            record.supplements.append({"referral": referral_id, "content": dict(content)})

    async def _is_supplemented(self, referral_id: str) -> bool:
        """Return whether our first call had done it, and its answer was lost."""
        events = _told(await self._ask("GET", f"/v1/referrals/{referral_id}/events"))["events"]
        return any(event["kind"] in {"supplement_changed", "supplemented"} for event in events)

    async def register_webhook(self, url: str) -> None:
        """Have the hub tell of every event."""
        answer = _told(await self._ask("POST", "/v1/webhooks", {"url": url}))
        self._webhook, self.webhook_secret = answer["id"], answer["secret"]

    async def has_heard_all(self) -> bool:
        """Return whether the hub has nothing more to tell."""
        waiting: int = _told(await self._ask("GET", f"/v1/webhooks/{self._webhook}"))["waiting"]
        return waiting == 0

    async def read_all(self) -> None:
        """Read how every referral stands, into the records, in place of what was read before."""
        of_case = {record.accepted["id"]: record for record in self.records.values() if record.accepted is not None}
        for record in of_case.values():
            record.final.clear()
        path: str | None = f"/v1/referrals?limit={_PAGE}"
        while path is not None:
            answer = await self._ask("GET", path)
            for view in _told(answer)["referrals"]:
                if view["case_id"] in of_case:
                    of_case[view["case_id"]].final.append(view)
            path = answer.links.get("next", {}).get("url")

    async def _add_consents(self, record: CaseRecord, change: Change) -> None:
        assert record.accepted is not None  # noqa: S101 - changes follow the hand-over
        at, body = await self._now(), {"case_id": record.accepted["id"], "consents": list(change.consents)}
        answer = _told(await self._ask("POST", "/v1/consents", body, key=f"{record.case}-{change.service}-later"))
        record.added.append({"at": at, "consents": list(change.consents), "ids": answer["consents"]})

    async def _withdraw(self, case: PlannedCase, record: CaseRecord, service: str) -> None:
        """Take back every consent for a service that the centre knows of, those that came later too."""
        assert record.accepted is not None  # noqa: S101 - changes follow the hand-over
        given = list(zip(case.document["consents"], record.accepted["consents"], strict=True))
        for added in record.added:
            given += zip(added["consents"], added["ids"], strict=True)
        for consent_id in [consent_id for consent, consent_id in given if service in consent["purposes"]]:
            answer = _told(await self._ask("POST", f"/v1/consents/{consent_id}/withdraw"))
            record.withdrawals.append({"at": await self._now(), "consent": consent_id, "answer": answer})

    async def _cancel(self, record: CaseRecord, service: str) -> None:
        """Call a referral off, where the hub lets us; one that is being sent it does not."""
        assert record.accepted is not None  # noqa: S101 - changes follow the hand-over
        referral_id = next(r["id"] for r in record.accepted["referrals"] if r["service_code"] == service)
        answer = await self._ask("POST", f"/v1/referrals/{referral_id}/cancel")
        if answer.status_code == HTTPStatus.CONFLICT:  # our first call may have done it, and its answer been lost
            view = _told(await self._ask("GET", f"/v1/referrals/{referral_id}"))
            if view["reason"] not in _CALLED_OFF:
                return
        else:
            _told(answer)
        record.cancelled.append(referral_id)

    async def _now(self) -> str:
        return (await self._control.now()).isoformat()

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str = ""
    ) -> httpx.Response:
        """Ask until somebody answers.

        Raises:
            HubError: nobody does, all the time of the patience.
        """
        headers = {"Idempotency-Key": key} if key else {}
        deadline = time.monotonic() + self._patience_seconds
        last, rest = "no answer", _BETWEEN_TRIES[0]
        while time.monotonic() < deadline:
            hub = self._hub
            with suppress(httpx.TransportError):
                answer = await self._http.request(method, f"{hub}{path}", json=body, headers=headers)
                if not _must_ask_again(answer):
                    if method == "POST" and answer.is_success:
                        self._on_promise(hub)
                    return answer
                last = str(answer.status_code)
            self.repeated += 1
            self._hub = next(self._hubs)
            await asyncio.sleep(rest)
            rest = min(1.5 * rest, _BETWEEN_TRIES[1])
        raise HubError(f"{method} {path}: not answered within {self._patience_seconds:g} seconds (last: {last})")


def all_referrals(records: Iterable[CaseRecord]) -> list[dict[str, Any]]:
    """Return what was promised, one for each referral."""
    return [referral for record in records if record.accepted is not None for referral in record.accepted["referrals"]]


def _must_ask_again(answer: httpx.Response) -> bool:
    if answer.status_code == HTTPStatus.CONFLICT:
        return "request-in-flight" in answer.text
    return answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS


def _told(answer: httpx.Response, wanted: int | None = None) -> dict[str, Any]:
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise ForgottenError(f"{answer.request.method} {answer.request.url.path}")
    if answer.is_error or (wanted is not None and answer.status_code != wanted):
        raise HubError(_words(answer))
    told: dict[str, Any] = answer.json()
    return told


def _words(answer: httpx.Response) -> str:
    what = f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
    with suppress(ValueError):
        told = answer.json()
        return f"{what} {told.get('type')} {told.get('errors', '')}"
    return what
