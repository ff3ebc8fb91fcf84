"""The edges of reading XML from an agency: nothing of a DTD is looked up, and none gets past in another encoding."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from adapters.sdk import BadReplyError, HostileReplyError
from adapters.sdk.transports.soap_envelope import parse

ENTITY = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:{port}/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "http://127.0.0.1:{port}/b">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:{port}/b"> %b;]><a/>',
        '<!DOCTYPE a PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://127.0.0.1:{port}/c"><a/>',
    ],
)
def test_nothing_of_a_dtd_is_looked_up(text: str) -> None:
    """An alarm, and nobody was asked for the DTD or an entity of it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        with pytest.raises(HostileReplyError):
            parse(text.replace("{port}", str(listener.getsockname()[1])).encode())
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("utf-7", "UTF-7"),
        ("cp037", "IBM037"),
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_a_dtd_in_disguise_is_refused(codec: str, name: str, declared: bool) -> None:
    """A parser would follow a byte order mark or a declaration into another encoding, where no check saw the DTD."""
    text = (f'<?xml version="1.0" encoding="{name}"?>' if declared else "") + ENTITY
    with pytest.raises(BadReplyError):
        parse(text.encode(codec))


def test_what_an_encoding_hides_is_not_read() -> None:
    """Not even a harmless document in another encoding than the wire's."""
    with pytest.raises(BadReplyError):
        parse("<a>x</a>".encode("utf-16"))


def test_nothing_is_included() -> None:
    """XInclude is an element like any other."""
    root = parse(
        b'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="file:///etc/hostname" parse="text"/></a>'
    )
    assert [child.tag for child in root] == ["{http://www.w3.org/2001/XInclude}include"]


@pytest.mark.parametrize(
    "data", [b"", b" ", b"<a>", b"<a/><b/>", b"<a>x\0y</a>", b"<a>" * 300 + b"</a>" * 300, b"\xb6\xca"]
)
def test_what_is_no_xml_is_a_bad_reply(data: bytes) -> None:
    """Empty, half, double, too deep, or not UTF-8."""
    with pytest.raises(BadReplyError):
        parse(data)
