"""The adapter haengbok before the real mock: its settings, the suite's subject, and control of the mock."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import httpx
from lxml import etree

from adapters.haengbok import Haengbok
from adapters.haengbok.settings import HaengbokSettings
from adapters.sdk.testing import Subject
from mocks.haengbok.envelope import WSSE, RefusedError
from mocks.haengbok.signature import Signer
from mocks.kit.pki import Certificates
from mocks.kit.run import MockServer

CONTRACT = Path(__file__).parents[2] / "schemas" / "agencies" / "haengbok"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
WSSE_SECURITY = f"{{{WSSE}}}Security"
SCHEMAS = {
    namespace: etree.XMLSchema(etree.parse(str(CONTRACT / name)))
    for namespace, name in {
        "urn:naru:haengbok:referral:1": "referral.xsd",
        "http://ccais.mopas.go.kr/dh/rid/services/swsdn/ReductionBscLivYn/types": "reduction_bsc_liv_yn.xsd",
    }.items()
}


def settings_for(base_url: str, certificates: Certificates, **more: Any) -> HaengbokSettings:
    return HaengbokSettings(
        enabled=True,
        base_url=base_url,
        org_code="6410000",
        system_code="NARUHUB01",
        certificate=certificates.certificate("hub-signing"),
        key=certificates.key("hub-signing"),
        ca=certificates.ca,
        peer="naru TEST haengbok-signing",
        **more,
    )


def parts_of(request: httpx.Request) -> tuple[etree._Element, etree._Element]:
    """Return the common header and the content of a request."""
    root = etree.fromstring(request.content)
    (header,) = root.findall(f"{SOAP}Header/{{*}}commonHeader")
    (content,) = root.findall(f"{SOAP}Body/*")
    return header, content


def problems(request: httpx.Request) -> list[str]:
    """Judge a request by the contract's files."""
    found = [
        str(schema.error_log[0].path)
        for part in parts_of(request)
        if not (schema := SCHEMAS[etree.QName(part).namespace or ""]).validate(part)
    ]
    if request.headers["content-type"] != "text/xml; charset=utf-8" or not request.headers["soapaction"].startswith(
        '"'
    ):
        found.append("headers")
    return found


def said(request: httpx.Request) -> str:
    """Write what the agency reads, without what is new in every message."""
    content = parts_of(request)[1]
    return " ".join(f"{etree.QName(part).localname}={part.text}" for part in content)


def subject_for(server: MockServer, certificates: Certificates) -> Subject:
    name = "haengbok-signing"
    return Subject(
        adapter=Haengbok,
        settings=settings_for(server.url_of("haengbok"), certificates),
        agency=httpx.AsyncHTTPTransport(),
        problems=problems,
        said=said,
        seals=partial(signed_anew, Signer(certificates.certificate(name), certificates.key(name))),
    )


def signed_anew(signer: Signer, answer: bytes) -> bytes:
    """Return an answer with the agency's signature of what it says now; what is no message, as it is."""
    try:
        root = etree.fromstring(answer)
        for old in root.findall(f"{SOAP}Header/{WSSE_SECURITY}"):
            old.getparent().remove(old)  # type: ignore[union-attr]  # it was found below it
        return signer.sign(root)
    except (etree.LxmlError, ValueError, RefusedError):
        return answer


class Control:
    """The mock's control API."""

    def __init__(self, server: MockServer, http: httpx.AsyncClient) -> None:
        self.server, self.http = server, http

    async def advance(self, **order: Any) -> None:
        reply = await self.http.post(f"{self.server.base_url}/_mock/haengbok/advance", json=order)
        assert reply.status_code == 200, reply.text

    async def acts(self) -> list[dict[str, Any]]:
        reply = await self.http.get(f"{self.server.base_url}/_mock/haengbok/ledger")
        acts: list[dict[str, Any]] = reply.json()["acts"]
        return acts
