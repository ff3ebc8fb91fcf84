"""A WSDL and its XSDs are read from files that we ship; whatever else they point to is refused, and nobody is asked."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from zeep.exceptions import DTDForbidden, ExternalReferenceForbidden

from adapters.sdk.transports.soap_contract import SoapContract

CONTRACT = Path(__file__).parents[3] / "schemas" / "agencies" / "haengbok"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


@pytest.fixture
def wsdl(tmp_path: Path) -> Path:
    """A copy of a contract, to be spoilt."""
    shutil.copytree(CONTRACT, tmp_path / "contract")
    return tmp_path / "contract" / "haengbok.wsdl"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody whom nobody may ask."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.setblocking(False)
        yield listener
        with pytest.raises(BlockingIOError):
            listener.accept()


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_files_as_they_are_load(wsdl: Path) -> None:
    """What is spoilt below is good before."""
    assert SoapContract(wsdl).operation("ReferralService", "ReferralSoap11", "register").name == "register"


@pytest.mark.parametrize("name", ["haengbok.wsdl", "referral.xsd"])
@pytest.mark.parametrize(
    "dtd",
    [
        "<!DOCTYPE a>",
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:{port}/a.dtd">',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "http://127.0.0.1:{port}/b">]>',
        '<!DOCTYPE a [<!ENTITY b "c">]>',
    ],
    ids=["empty", "external", "external entity", "entity"],
)
def test_a_dtd_is_refused(dtd: str, name: str, wsdl: Path, listener: socket.socket) -> None:
    """In the WSDL and in an XSD that it imports."""
    spoil(wsdl.parent / name, DECLARATION, DECLARATION + dtd.replace("{port}", str(listener.getsockname()[1])))
    with pytest.raises(DTDForbidden):
        SoapContract(wsdl)


LOCATIONS = {"http": ExternalReferenceForbidden, "https": ExternalReferenceForbidden, "ftp": OSError}


@pytest.mark.parametrize(("scheme", "error"), LOCATIONS.items())
def test_an_import_from_a_network_is_refused(
    scheme: str, error: type[Exception], wsdl: Path, listener: socket.socket
) -> None:
    """What is imported must be a file; it is not even asked for."""
    location = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/referral.xsd"
    spoil(wsdl, 'schemaLocation="referral.xsd"', f'schemaLocation="{location}"')
    with pytest.raises(error):
        SoapContract(wsdl)


def test_an_import_from_a_network_deeper_down_is_refused(wsdl: Path, listener: socket.socket) -> None:
    """In an XSD that an XSD imports, too."""
    port = listener.getsockname()[1]
    more = f'<xs:import namespace="urn:elsewhere" schemaLocation="http://127.0.0.1:{port}/c.xsd"/>'
    file = wsdl.parent / "referral.xsd"
    head, mark, rest = file.read_text(encoding="utf-8").partition("<xs:")
    start = rest.index(">") + 1
    file.write_text(head + mark + rest[:start] + more + rest[start:], encoding="utf-8")
    with pytest.raises(ExternalReferenceForbidden):
        SoapContract(wsdl)
