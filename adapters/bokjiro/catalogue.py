"""Bokjiro: reads both open APIs page by page to their end, and repeats what the contract says may pass by itself."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlencode

import httpx
from lxml import etree
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from adapters.bokjiro.contract import operations
from adapters.bokjiro.gateway import NAME, PassingError, open_reply
from adapters.bokjiro.mapping import detail_from, service_from, total_of
from adapters.bokjiro.settings import BokjiroSettings
from adapters.sdk import BadReplyError, HttpEndpoint, NotSentError, UncertainError, Wires
from adapters.sdk.catalogue import Catalogue, CatalogueProfile, CatalogueSettings, Leave, Scope, ServiceDetail
from adapters.sdk.catalogue import WelfareService as Service

_LONGEST_WAIT = 30.0
_SCOPES = {Scope.NATIONAL: "national", Scope.LOCAL: "local"}


class ServiceKey(httpx.Auth):
    """Adds `serviceKey` to the query of a request that is otherwise ready: it is in no address that we hold."""

    def __init__(self, key: str) -> None:
        # The portal shows the key as it is and percent-encoded; base64 holds no %, so the two cannot be mixed up.
        self._key = quote(unquote(key), safe="")

    def auth_flow(self, request: httpx.Request) -> Any:
        """Add the key; the answer is not looked at."""
        query = request.url.query + b"&serviceKey=" + self._key.encode()
        request.url = request.url.copy_with(query=query)
        yield request


class Bokjiro(Catalogue):
    """복지로: 중앙부처복지서비스 and 지자체복지서비스, of one province."""

    profile: ClassVar[CatalogueProfile] = CatalogueProfile(slug=NAME, title="복지로", contract_basis="real")
    settings_type: ClassVar[type[CatalogueSettings]] = BokjiroSettings

    def __init__(self, settings: BokjiroSettings, wires: Wires, leave: Leave) -> None:
        self._settings = settings
        self._leave = leave
        self._wires = wires
        key = ServiceKey(settings.service_key.get_secret_value())
        self._wire = wires.http(
            HttpEndpoint(settings.base_url, settings.timeout_seconds, settings.max_reply_bytes, auth=key),
        )

    async def services(self) -> tuple[Service, ...]:
        """Read both lists whole."""
        national = await self._list(Scope.NATIONAL, {"callTp": "L", "srchKeyCode": "003"})
        local = await self._list(Scope.LOCAL, {"ctpvNm": self._settings.province})
        return tuple(sorted({**national, **local}.values(), key=lambda service: service.id))

    async def detail(self, service: Service) -> ServiceDetail | None:
        """Read what the API of its kind says about one service."""
        asked = {"callTp": "D"} if service.scope is Scope.NATIONAL else {}
        answer = await self._read(f"{_SCOPES[service.scope]}_detail", {**asked, "servId": service.id})
        return None if answer is None else detail_from(answer, service.id)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wires.aclose()

    async def _list(self, scope: Scope, asked: dict[str, str]) -> dict[str, Service]:
        """Read a list page by page. Entries that move to another page meanwhile are taken once.

        Raises:
            BadReplyError: it has more pages than are allowed, or ends before its end.
        """
        rows, found, seen = self._settings.page_rows, dict[str, Service](), 0
        for page in range(1, self._settings.most_pages + 1):
            answer = await self._read(f"{_SCOPES[scope]}_list", {**asked, "pageNo": str(page), "numOfRows": str(rows)})
            if answer is None:
                return found
            entries = answer.findall("servList")
            found |= {service.id: service for service in (service_from(entry, scope) for entry in entries)}
            seen += len(entries)
            if seen >= total_of(answer):
                return found
            if not entries:
                raise BadReplyError(f"{NAME}: a list ends before its totalCount")
        raise BadReplyError(f"{NAME}: a list has more than {self._settings.most_pages} pages")

    async def _read(self, operation: str, asked: dict[str, str]) -> etree._Element | None:
        """Read one answer, again where it may pass, each time under a new leave; None for an empty result."""
        told, path = operations()[operation], f"{operations()[operation]['path']}?{urlencode(asked)}"
        first = self._settings.retry_first_seconds
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(self._settings.tries),
            wait=wait_exponential_jitter(multiplier=first, max=_LONGEST_WAIT, jitter=first),
            retry=retry_if_exception(_may_pass),
            reraise=True,
        ):
            with attempt:
                reply = await self._wire.send(self._leave(), "GET", path, headers={"Accept": "application/xml"})
                return open_reply(reply, told["root"], self._settings.encoding)
        raise AssertionError("tenacity ends with an answer or an error")


def _may_pass(error: BaseException) -> bool:
    """Tell whether a read may be repeated: by the gateway's own word, or because the line broke. No answer is both."""
    return isinstance(error, PassingError | NotSentError) or type(error) is UncertainError
