"""The centre application: hands cases in, asks how they are getting on, and writes down what it was answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx

from hub.cli.stage.control import Control


class AnswerError(Exception):
    """The hub's API answered otherwise than it should; the text is the problem's, which never echoes input."""


@dataclass
class CaseRecord:
    """The centre's own record of one case: the auditor reads it (`mocks.auditor.read_promises` names its parts)."""

    case: str
    handed_in_at: str = ""
    accepted: dict[str, Any] | None = None
    added: list[dict[str, Any]] = field(default_factory=list)
    withdrawals: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    supplements: list[dict[str, Any]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    final: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the record as the auditor reads it."""
        return asdict(self)


class Centre:
    """One centre with its key."""

    def __init__(self, hub_url: str, key: str, control: Control) -> None:
        self._http = httpx.AsyncClient(
            base_url=hub_url, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=20.0
        )
        self._control = control

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def hand_in(self, record: CaseRecord, document: Mapping[str, Any]) -> None:
        """Hand a document over."""
        record.handed_in_at = (await self._control.now()).isoformat()
        headers = {"Idempotency-Key": f"demo-{record.case}"}
        record.accepted = await self._call("POST", "/v1/cases", document, headers)

    async def add_consents(self, record: CaseRecord, consents: Sequence[Mapping[str, Any]]) -> None:
        """Hand in consents that the client gave later."""
        at, case_id = (await self._control.now()).isoformat(), _accepted(record)["id"]
        body = {"case_id": case_id, "consents": list(consents)}
        headers = {"Idempotency-Key": f"demo-{record.case}-consents-{len(record.added)}"}
        answer = await self._call("POST", "/v1/consents", body, headers)
        record.added.append({"at": at, "consents": list(consents), "ids": answer["consents"]})

    async def withdraw_consent(self, record: CaseRecord, consent_id: str) -> None:
        """Tell the hub that the client withdrew a consent."""
        answer = await self._call("POST", f"/v1/consents/{consent_id}/withdraw")
        at = (await self._control.now()).isoformat()
        record.withdrawals.append({"at": at, "consent": consent_id, "answer": answer})

    async def override(self, referral_id: str, reason: str) -> None:
        """Decide against what holds a referral, as a counsellor does."""
        await self._call("POST", f"/v1/referrals/{referral_id}/override", {"reason": reason})

    async def resolve(self, referral_id: str, found: Mapping[str, Any]) -> None:
        """Settle an unknown by what a person found out."""
        await self._call("POST", f"/v1/referrals/{referral_id}/resolve", found)

    async def cancel(self, record: CaseRecord, referral_id: str) -> None:
        """Call a referral off."""
        await self._call("POST", f"/v1/referrals/{referral_id}/cancel")
        record.cancelled.append(referral_id)

    async def supplement(self, record: CaseRecord, referral_id: str, content: Mapping[str, Any]) -> None:
        """Hand in what the agency asked for."""
        await self._call("POST", f"/v1/referrals/{referral_id}/supplement", content)
        record.supplements.append({"referral": referral_id, "content": dict(content)})

    async def roll_up(self, record: CaseRecord) -> dict[str, Any]:
        """Ask how a case stands over its agencies; without the consents and the referrals, which are read elsewhere."""
        told = await self._call("GET", f"/v1/cases/{_accepted(record)['id']}")
        return {name: told[name] for name in ("summary", "done", "waiting", "next_steps", "finished")}

    async def view(self, referral_id: str) -> dict[str, Any]:
        """Ask how a referral stands."""
        return await self._call("GET", f"/v1/referrals/{referral_id}")

    async def events(self, referral_id: str) -> list[dict[str, Any]]:
        """Ask what happened to a referral, oldest first."""
        events: list[dict[str, Any]] = (await self._call("GET", f"/v1/referrals/{referral_id}/events"))["events"]
        return events

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        answer = await self._http.request(method, path, json=body, headers=headers)
        told: dict[str, Any] = answer.json()
        if answer.is_error:
            raise AnswerError(f"{method} {path}: {answer.status_code} {told.get('type')} {told.get('errors', '')}")
        return told


def _accepted(record: CaseRecord) -> dict[str, Any]:
    if record.accepted is None:
        raise AnswerError(f"{record.case}: not handed in yet")
    return record.accepted


def referral_ids(record: CaseRecord) -> dict[str, str]:
    """Return the id of each referral of a case, by its service code."""
    return {referral["service_code"]: referral["id"] for referral in _accepted(record)["referrals"]}
