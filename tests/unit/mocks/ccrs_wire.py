"""What the tests of the mock 신용회복위원회 share: golden messages, and a caller with a token, without a server."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from mocks.ccrs import CcrsMock
from mocks.ccrs.tokens import CLIENT_ID, CLIENT_SECRET
from mocks.kit.agency import Reply, Request
from mocks.kit.desk import desk_for
from mocks.kit.json_contract import to_bytes

GOLDEN = Path(__file__).parents[2] / "contract" / "ccrs"
APPLICATIONS = "/api/v1/debt-adjustments"
KEY = "NR20250115ABCDEFGHJKMNPQRSTVWXYZ0123"
FORM = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}

_TIME = re.compile(r"^[0-9]{14}$")
_NUMBER = re.compile(r"^C[0-9]{8}(?=[0-9]{7}$)")


def golden(name: str, **changes: Any) -> dict[str, Any]:
    """Read a golden message, with some fields replaced (None: left out)."""
    message = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return {key: value for key, value in (message | changes).items() if value is not None}


def key(number: int) -> str:
    """Return a key of the right form."""
    return f"NR20250115{number:026d}"


def debt(amount: int, *, secured: bool = False, day: str | None = None) -> dict[str, Any]:
    """Return one debt."""
    told = {"crdtrNm": "가나저축은행", "debtAmt": amount, "scrtYn": "Y" if secured else "N"}
    return told | ({"debtYmd": day} if day else {})


def timeless(value: Any) -> Any:
    """Return a message with every time, and the day in every number, replaced by a mark: for comparing."""
    if isinstance(value, dict):
        return {name: timeless(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [timeless(inner) for inner in value]
    return _NUMBER.sub("C-day-", _TIME.sub("time", value)) if isinstance(value, str) else value


class Caller:
    """Calls a mock of its own as the hub would, past the port."""

    def __init__(self, **settings: str) -> None:
        self.desk = desk_for("ccrs", settings)
        self.mock = CcrsMock(self.desk)
        self.token = ""

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        query: str = "",
        media: str = "application/json",
        **headers: str,
    ) -> Reply:
        """Send one request as it is."""
        told = {"content-type": media, "authorization": f"Bearer {self.token}"} | headers
        return await self.mock.handle(Request(method, path, query, told, body))

    async def ask_token(self, media: str = "application/x-www-form-urlencoded", **form: str) -> Reply:
        """Ask for a token."""
        body = urlencode({name: value for name, value in (FORM | form).items() if value}).encode()
        return await self.ask("POST", "/oauth2/token", body, media=media)

    async def sign_in(self) -> None:
        """Fetch a token and use it from now on."""
        self.token = json.loads((await self.ask_token()).body)["access_token"]

    async def post(self, message: object, path: str = "") -> tuple[int, Any]:
        """Post a message; return status and answer."""
        reply = await self.ask("POST", APPLICATIONS + path, to_bytes(message))
        return reply.status, json.loads(reply.body)

    async def get(self, path: str = "", query: str = "") -> tuple[int, Any]:
        """Ask a question; return status and answer."""
        reply = await self.ask("GET", APPLICATIONS + path, query=query)
        return reply.status, json.loads(reply.body)

    async def register(self, **changes: Any) -> str:
        """Register the golden application, changed; return its number, or the code that refuses it."""
        _, answer = await self.post(golden("register.request", **changes))
        return str(answer.get("errCd", answer.get("aplyNo")))

    @property
    def acts(self) -> list[tuple[str, str, str]]:
        """The acts in the ledger: operation, key, state."""
        return [(act.operation, act.key, act.state) for act in self.desk.ledger.acts]
