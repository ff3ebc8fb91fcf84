"""What the tests of the mock 주민센터 share: golden messages with the time of now, and a caller."""

from __future__ import annotations

import copy
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

GOLDEN = Path(__file__).parents[2] / "contract" / "community_center"
OFFICE, WRONG_KEY = "3820000", "NARU2501020000000999"
SERVICE_PATHS = {"01": "", "02": "/status", "03": "/withdraw", "04": "/supplement"}

_TIME = re.compile(r"^[0-9]{14}([0-9]{3})?$")
_RECEIPT = re.compile(r"^([0-9]{7})-[0-9]{8}-([0-9]{6})")


def golden(name: str, **body: object) -> dict[str, Any]:
    """Read a golden message, with some fields of its body replaced (None: left out)."""
    message = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    message["body"] = {key: value for key, value in {**message["body"], **body}.items() if value is not None}
    return message


def now_text() -> str:
    """Return the present as `requestSendTime`."""
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Seoul")).strftime("%Y%m%d%H%M%S%f")[:17]


def fresh(message: dict[str, Any], office: str = OFFICE) -> dict[str, Any]:
    """Return a request as if it were sent now, to `office`."""
    sent = copy.deepcopy(message)
    if "header" in sent:
        sent["header"] |= {"requestSendTime": now_text(), "providerOrganizationId": f"ORG{office[:5]}"}
    return sent


def timeless(value: Any) -> Any:
    """Return a message with every time, and the day in every receipt, replaced by a mark: for comparing."""
    if isinstance(value, dict):
        return {key: timeless(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [timeless(inner) for inner in value]
    if isinstance(value, str):
        return _RECEIPT.sub(r"\1-day-\2", _TIME.sub("time", value))
    return value


class Centre:
    """Calls the mock's offices over HTTP as the hub would."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def send(self, message: dict[str, Any], office: str = OFFICE) -> httpx.Response:
        service = message.get("header", {}).get("providerServiceId", "SRV00001")[-2:]
        return await self.client.post(f"/{office}/referrals{SERVICE_PATHS[service]}", json=message)

    async def call(self, name: str, office: str = OFFICE, **body: object) -> dict[str, Any]:
        """Send the golden request `name`, with the receipt of this run in the place of the golden one."""
        answer = await self.send(fresh(golden(name, **body), office), office)
        return answer.json()

    async def register(self, name: str = "register.request", office: str = OFFICE, **body: object) -> str:
        """Register and return the receipt."""
        return (await self.call(name, office, **body))["body"]["rcptNo"]

    async def advance(self, **order: object) -> httpx.Response:
        base = str(self.client.base_url).replace("/community_center", "/_mock/community_center")
        return await self.client.post(f"{base.rstrip('/')}/advance", json=order)
