"""The mock haengbok behind the kit's real server: one socket, its faults, its books, its WSDL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
import zeep
from haengbok_wire import KEY, PERSON, HandSigner, answer, message, post, to_bytes

from mocks.haengbok import HaengbokMock
from mocks.kit.agency import Reply
from mocks.kit.pki import Certificates, make_certificates
from mocks.kit.run import MockServer


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("pki") / "certificates")


@pytest.fixture
async def server(certificates: Certificates) -> AsyncIterator[MockServer]:
    async with MockServer([HaengbokMock], {"*": {"certificates": str(certificates.folder)}}) as mocks:
        yield mocks


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


class Hub:
    """Calls the server as the hub would, signed by hand."""

    def __init__(self, server: MockServer, http: httpx.AsyncClient, certificates: Certificates) -> None:
        self.server, self.http = server, http
        self.signer = HandSigner(certificates.certificate("hub-signing"), certificates.key("hub-signing"))

    async def call(self, operation: str, fields: dict[str, str]) -> Reply:
        request = post(operation, to_bytes(self.signer.sign(message(operation, fields))))
        url = self.server.url_of("haengbok") + request.path
        reply = await self.http.post(url, content=request.body, headers=dict(request.headers))
        return Reply(reply.status_code, reply.content)

    async def control(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        reply = await self.http.request(method, f"{self.server.base_url}/_mock{path}", json=body)
        assert reply.status_code < 300
        return reply.json()

    async def ledger(self) -> list[dict[str, Any]]:
        reply = await self.http.get(f"{self.server.base_url}/_mock/haengbok/ledger")
        acts: list[dict[str, Any]] = reply.json()["acts"]
        return acts


@pytest.fixture
def hub(server: MockServer, http: httpx.AsyncClient, certificates: Certificates) -> Hub:
    return Hub(server, http, certificates)


async def test_registration_over_the_wire(hub: Hub) -> None:
    """A signed registration arrives, is decided through the control API, and its result is read."""
    receipt = answer(await hub.call("register", PERSON))["rcptNo"]
    moved = await hub.control("POST", "/haengbok/advance", {"receipt": receipt, "to": "decided"})
    assert moved["state"] == "decided"
    assert answer(await hub.call("result", {"rcptNo": receipt}))["procStcd"] == "06"
    assert [(act["operation"], act["key"]) for act in await hub.ledger()] == [("register", KEY)]


async def test_lost_reply_leaves_one_act(hub: Hub) -> None:
    """The reply is lost, the act happened, and a look-up finds it."""
    faults = {"faults": [{"name": "accept_then_lose_reply", "operation": "register"}]}
    await hub.control("PUT", "/haengbok/faults", faults)
    with pytest.raises(httpx.RemoteProtocolError):
        await hub.call("register", PERSON)
    assert answer(await hub.call("find", {"linkReqNo": KEY}))["totCnt"] == "1"
    assert len(await hub.ledger()) == 1


async def test_hidden_act_appears_when_it_has_settled(hub: Hub) -> None:
    """Accepted, invisible to look-ups, and there after 60 s of business time."""
    faults = {"faults": [{"name": "accept_then_hide", "operation": "register", "seconds": 60}]}
    await hub.control("PUT", "/haengbok/faults", faults)
    with pytest.raises(httpx.RemoteProtocolError):
        await hub.call("register", PERSON)
    assert answer(await hub.call("find", {"linkReqNo": KEY}))["totCnt"] == "0"
    hub.server.clock.advance(61)
    assert answer(await hub.call("find", {"linkReqNo": KEY}))["totCnt"] == "1"


async def test_own_faults_strike_through_the_kit(hub: Hub) -> None:
    """Before acceptance nothing happens, after it the act stands, whatever the fault says."""
    await hub.control("PUT", "/haengbok/faults", {"faults": [{"name": "agency_fault_500", "times": 1}]})
    assert answer(await hub.call("register", PERSON))["fault"] == "soap:Server"
    assert await hub.ledger() == []
    await hub.control("PUT", "/haengbok/faults", {"faults": [{"name": "agency_fault_after_acceptance", "times": 1}]})
    assert answer(await hub.call("register", PERSON))["fault"] == "soap:Server"
    assert len(await hub.ledger()) == 1


async def test_nothing_personal_in_ledger_and_journal(hub: Hub, http: httpx.AsyncClient) -> None:
    """Books that everybody may read hold no value of the client's."""
    await hub.call("register", PERSON)
    for book in ("ledger", "journal"):
        text = (await http.get(f"{hub.server.base_url}/_mock/haengbok/{book}")).text
        assert not [name for name in ("tgtrNm", "tgtrRrn", "telNo", "rnDtlAdr", "reqOpnn") if PERSON[name] in text]
        assert "tgtrRrn" in text


async def test_reset_forgets_transactions_and_cases(hub: Hub) -> None:
    """After a reset the agency is new."""
    receipt = answer(await hub.call("register", PERSON))["rcptNo"]
    await hub.control("POST", "/reset", {})
    assert answer(await hub.call("result", {"rcptNo": receipt}))["rtnCd"] == "R101"
    assert await hub.ledger() == []


async def test_wsdl_loads_from_the_running_server(hub: Hub) -> None:
    """A stock client finds both services under the address where the server really is."""
    url = f"{hub.server.url_of('haengbok')}/referral/ReferralService?wsdl"
    client = await asyncio.to_thread(zeep.Client, url)
    found = {
        port.binding_options["address"] for service in client.wsdl.services.values() for port in service.ports.values()
    }
    assert all(address.startswith(hub.server.url_of("haengbok")) for address in found)
    assert set(client.wsdl.services) == {"ReductionBscLivYnService", "ReferralService"}
