"""The lines of agencies that are not on the shared port: TLS with a certificate, telegrams, drop folders."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from kit_bench import HONEST, FerryMock, until

from mocks.kit.agency import BatchMock, Reply, Request, TelegramMock
from mocks.kit.desk import Desk
from mocks.kit.pki import Certificates, make_certificates
from mocks.kit.run import MockServer
from mocks.kit.telegram import framed


class LockedMock(FerryMock):
    """The ferry behind mTLS."""

    slug: ClassVar[str] = "locked"
    tls: ClassVar[bool] = True


class WireMock(TelegramMock):
    """Repeats what it is told."""

    slug: ClassVar[str] = "wire"
    title: ClassVar[str] = "전문"
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]] = "assumed"
    contract_note: ClassVar[str] = "made up for tests"
    operations: ClassVar[tuple[str, ...]] = ("register",)

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def operation_of(self, request: Request) -> str:
        return "register"

    async def handle(self, request: Request) -> Reply:
        self.desk.ledger.append("register", "K-1", "R-1", {}, "received")
        return Reply(0, request.body)

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        return order


class DropMock(BatchMock):
    """Answers every file at noon UTC."""

    slug: ClassVar[str] = "drop"
    title: ClassVar[str] = "파일"
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]] = "assumed"
    contract_note: ClassVar[str] = "made up for tests"
    operations: ClassVar[tuple[str, ...]] = ("register",)

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.next = desk.clock.now() + timedelta(hours=1)

    def work(self) -> datetime:
        assert self.desk.folder is not None
        if self.desk.clock.now() >= self.next:
            for file in (self.desk.folder / "in").iterdir():
                file.rename(self.desk.folder / "out" / file.name)
            self.next += timedelta(days=1)
        return self.next

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        return order


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("pki") / "certificates")


def trusting(certificates: Certificates, *, with_own: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificates.ca)
    if with_own:
        context.load_cert_chain(certificates.certificate("hub-client"), certificates.key("hub-client"))
    return context


async def test_a_tls_agency_answers_callers_with_a_certificate_only(certificates: Certificates) -> None:
    """On its own port, and nowhere else."""
    settings = {"locked": {"certificates": str(certificates.folder), "callback_secret": "s"}}
    async with MockServer([LockedMock], settings) as mocks:
        url = mocks.url_of("locked")
        async with httpx.AsyncClient(verify=trusting(certificates, with_own=True), trust_env=False) as known:
            assert (url[:22], (await known.post(f"{url}/register")).content) == (
                "https://127.0.0.1:" + url[18:22],
                HONEST,
            )
            assert (await known.post(f"{url[: -len('/locked')]}/other/register")).status_code == 404
            assert (await known.post(f"{mocks.base_url}/locked/register")).status_code == 404
        async with httpx.AsyncClient(verify=trusting(certificates, with_own=False), trust_env=False) as unknown:
            with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
                await unknown.post(f"{url}/register")
        assert len(mocks.counters["locked"].desk.ledger.acts) == 1


async def test_a_tls_agency_without_certificates_does_not_start() -> None:
    """The text names the setting."""
    with pytest.raises(ValueError, match="certificates"):
        async with MockServer([LockedMock]):
            pass


async def test_telegrams_are_answered_one_after_the_other() -> None:
    """Each behind its length in bytes; a prefix that is no number ends the connection."""
    async with MockServer([WireMock]) as mocks:
        place = urlsplit(mocks.url_of("wire"))
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        for text in ("첫째 전문", "둘째"):
            writer.write(framed(text.encode("cp949")))
            assert await reader.readexactly(4 + len(text.encode("cp949"))) == framed(text.encode("cp949"))
        writer.write(b"12x4....")
        assert await reader.read() == b""
        writer.close()
        assert (place.scheme, len(mocks.counters["wire"].desk.ledger.acts)) == ("tcp", 2)


async def test_telegrams_go_over_tls_where_there_are_certificates(certificates: Certificates) -> None:
    """A caller with a certificate of the test CA is answered, in the same words; one without is not heard."""
    settings = {"wire": {"certificates": str(certificates.folder)}}
    async with MockServer([WireMock], settings) as mocks:
        place = urlsplit(mocks.url_of("wire"))
        for with_own in (True, False):
            tls = trusting(certificates, with_own=with_own)
            answer = b""
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection(place.hostname, place.port, ssl=tls)
                writer.write(framed(b"x"))
                answer = await reader.read(5)
                writer.transport.abort()
            assert answer == (framed(b"x") if with_own else b"")
        assert (place.scheme, len(mocks.counters["wire"].desk.ledger.acts)) == ("tls", 1)


async def test_a_fault_strikes_a_telegram() -> None:
    """Accepted, and the answer lost."""
    async with MockServer([WireMock]) as mocks:
        mocks.counters["wire"].faults.set({"faults": [{"name": "accept_then_lose_reply"}]})
        place = urlsplit(mocks.url_of("wire"))
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(framed(b"x"))
        assert (await reader.read(), len(mocks.counters["wire"].desk.ledger.acts)) == (b"", 1)
        writer.close()


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def test_a_batch_agency_works_before_the_clock_s_readers_hear() -> None:
    """Moving the clock returns after the work that fell due was done; a new folder goes with the server."""
    async with MockServer([DropMock]) as mocks:
        url = urlsplit(mocks.url_of("drop"))
        folder = Path(unquote(url.path))
        (folder / "in" / "a.dat").write_bytes(b"x")
        mocks.clock.advance(3601)
        assert (url.scheme, files(folder / "out")) == ("file", ["a.dat"])
        assert {path.stat().st_mode & 0o777 for path in (folder, folder / "in", folder / "out")} == {0o700}
        assert mocks.counters["drop"].mock.next > datetime.now(UTC)
    assert folder.name not in files(folder.parent)


async def test_a_batch_agency_that_is_away_does_not_work(tmp_path: Path) -> None:
    """A shut line leaves the files where they are; a folder that was given stays."""
    async with MockServer([DropMock], {"drop": {"folder": str(tmp_path)}}) as mocks:
        await mocks.counters["drop"].set_faults({"faults": [{"name": "refuse_connection"}]})
        (tmp_path / "in" / "a.dat").write_bytes(b"x")
        mocks.clock.advance(3601)
        assert files(tmp_path / "out") == []
        await mocks.counters["drop"].set_faults({"faults": []})
        await until(lambda: files(tmp_path / "out") == ["a.dat"])
    assert files(tmp_path / "out") == ["a.dat"]
