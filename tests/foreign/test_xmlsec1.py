"""What hub and mock sign holds before a third judge: the command line tool `xmlsec1`, which neither of them uses."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Literal

import pytest
from agency_lines import haengbok_at
from relay import Exchange, Relay

from adapters.sdk import BadReplyError, MisconfiguredError
from mocks.kit.pki import Certificates
from mocks.kit.run import MockServer

pytestmark = pytest.mark.slow

WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
TYPES = "http://ccais.mopas.go.kr/dh/rid/services/swsdn/ReductionBscLivYn/types"
REFERRAL = "urn:naru:haengbok:referral:1"
SIGNED = {"Timestamp": {WSU}, "BinarySecurityToken": {WSSE}, "commonHeader": {TYPES, REFERRAL}, "Body": {SOAP}}
"""The four parts that the profile wants signed, by their names and namespaces."""

Side = Literal["request", "reply"]
SIDES: tuple[Side, Side] = ("request", "reply")

TAMPERED = {
    "Body": (rb"(<(?:[\w-]+:)?Body\b.*<(?:[\w-]+:)?(?:linkReqNo|TGTR_RRN)[^>]*>)\w", rb"\g<1>X"),
    "commonHeader": (rb"(<(?:[\w-]+:)?userDeptCode[^>]*>)\d", rb"\g<1>9"),
    "Timestamp": (rb"(<(?:[\w-]+:)?Expires[^>]*>)\d", rb"\g<1>3"),
    "an attribute of the token": (rb"(BinarySecurityToken\b[^>]*#)X509v3", rb"\g<1>X509v1"),
}
"""One change in each signed part: a pattern that is found once, and what comes in its place."""

VERDICTS = {"changed": "data and digest do not match", "untrusted": "certificate verification failed"}
"""What the tool says of a message that it refuses."""


@pytest.fixture
def xmlsec1() -> str:
    found = shutil.which("xmlsec1")
    if found is None:
        pytest.skip("xmlsec1 is not here; Debian: apt-get install xmlsec1")
    return found


@pytest.fixture
async def exchanges(signed: MockServer, certificates: Certificates) -> dict[str, Exchange]:
    """What went over the wire between the hub's adapter and the mock: three good calls and a signed fault."""
    async with Relay(signed.base_url) as relay:
        url = f"{relay.url}/haengbok"
        async with haengbok_at(url, certificates) as bench:
            order = bench.submit(bench.document())
            await bench.adapter.submit(order)
            await bench.adapter.find(bench.find(order.wire_key))
            await bench.adapter.verify(bench.verify(bench.document()))
        async with haengbok_at(url, certificates, org_code="1234567") as stranger:
            with pytest.raises(MisconfiguredError):
                await stranger.adapter.submit(stranger.submit(stranger.document()))
    return dict(zip(("submit", "find", "verify", "fault"), relay.exchanges, strict=True))


async def judge(xmlsec1: str, message: bytes, ca: Path, folder: Path) -> str:
    """Return what `xmlsec1 --verify` finds: `good` (all four parts, issued by the CA), `changed`, `untrusted`."""
    file = folder / "message.xml"
    file.write_bytes(_with_x509_data(message))
    ids = [
        argument
        for name, namespaces in SIGNED.items()
        for namespace in sorted(namespaces)
        for argument in ("--id-attr:Id", f"{namespace}:{name}")
    ]
    process = await asyncio.create_subprocess_exec(
        xmlsec1, "--verify", "--trusted-pem", str(ca), "--enabled-key-data", "x509", *ids, str(file),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told = (await process.communicate())[0].decode()
    if process.returncode == 0:
        assert "SignedInfo References (ok/all): 4/4" in told
        return "good"
    found = [word for word, sign in VERDICTS.items() if sign in told]
    assert len(found) == 1, told
    return found[0]


def _with_x509_data(message: bytes) -> bytes:
    """Put the certificate into KeyInfo, where the tool looks for it: it does not know the X.509 token profile.

    KeyInfo is the one part of the security header that nobody signs; every signed byte stays as it was.
    """
    (token,) = re.findall(rb"<wsse:BinarySecurityToken[^>]*>([^<]+)<", message)
    inside = b"<ds:X509Data><ds:X509Certificate>" + token + b"</ds:X509Certificate></ds:X509Data>"
    changed, times = re.subn(rb"(<ds:KeyInfo>).*(</ds:KeyInfo>)", rb"\1" + inside + rb"\2", message, flags=re.DOTALL)
    assert times == 1
    return changed


def _of(exchange: Exchange, side: Side) -> bytes:
    return exchange.request if side == "request" else exchange.reply


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("act", ["submit", "find", "verify", "fault"])
async def test_what_was_sent_verifies(
    act: str, side: Side, xmlsec1: str, exchanges: dict[str, Exchange], certificates: Certificates, tmp_path: Path
) -> None:
    """Each captured message holds, and is issued by the test CA and by no other."""
    message = _of(exchanges[act], side)
    ours, foreign = certificates.ca, certificates.certificate("foreign-ca")
    assert [await judge(xmlsec1, message, ca, tmp_path) for ca in (ours, foreign)] == ["good", "untrusted"]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("part", TAMPERED)
async def test_what_was_changed_does_not(
    part: str, side: Side, xmlsec1: str, exchanges: dict[str, Exchange], certificates: Certificates, tmp_path: Path
) -> None:
    """One letter changed in any signed part, on the way there or back, and nothing holds."""
    pattern, instead = TAMPERED[part]
    for act in ("submit", "verify"):
        changed, times = re.subn(pattern, instead, _of(exchanges[act], side), flags=re.DOTALL)
        assert times == 1
        assert await judge(xmlsec1, changed, certificates.ca, tmp_path) == "changed"


async def test_a_reply_of_a_stranger_does_not(
    xmlsec1: str, signed: MockServer, certificates: Certificates, tmp_path: Path
) -> None:
    """The fault `wrongly_signed_reply` and a certificate of a foreign CA are seen by the tool as by the hub."""
    told = []
    for fault in ("wrongly_signed_reply", "foreign_signed_reply"):
        signed.counters["haengbok"].faults.set({"faults": [{"name": fault, "operation": "*"}]})
        async with Relay(signed.base_url) as relay, haengbok_at(f"{relay.url}/haengbok", certificates) as bench:
            with pytest.raises(BadReplyError):
                await bench.adapter.find(bench.find(bench.submit(bench.document()).wire_key))
        (exchange,) = relay.exchanges
        told.append([await judge(xmlsec1, _of(exchange, side), certificates.ca, tmp_path) for side in SIDES])
    assert told == [["good", "changed"], ["good", "untrusted"]]
