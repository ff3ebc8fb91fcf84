"""Text and XML in an agency's own encoding: read by setting, whatever the labels say, and never guessed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sdk.encodings import Encoding, decode, encode
from adapters.sdk.errors import BadReplyError, CannotExpressError, HostileReplyError
from adapters.sdk.transports.xml_text import XmlLimits, media_type_of, read_xml, values_of

CP949, UTF_8 = Encoding.CP949, Encoding.UTF_8
RARE = "똠방각하 뷁"
CP949_TEXT = st.text(st.characters(codec="cp949", categories=("L", "N", "P", "Zs")), max_size=40)


def said(data: bytes, encoding: Encoding = CP949) -> str:
    """Return what the one value of a message says."""
    return values_of(read_xml(data, encoding))["NM"]


@pytest.mark.parametrize("label", ["EUC-KR", "euc-kr", "ms949", "x-windows-949", "ksc5601", "KS_C_5601-1987", "UTF-8"])
def test_labels_are_not_read(label: str) -> None:
    """Whatever the declaration calls it, CP949 is read as CP949, with the syllables that EUC-KR lacks."""
    assert said(f'<?xml version="1.0" encoding="{label}"?><A><NM>{RARE}</NM></A>'.encode("cp949")) == RARE


def test_no_label_is_needed() -> None:
    """A charset that stands only in the HTTP header, or nowhere, changes nothing."""
    assert said(f"<A><NM>{RARE}</NM></A>".encode("cp949")) == RARE
    assert said(f'<?xml version="1.0"?>\n<A><NM>{RARE}</NM></A>'.encode("cp949")) == RARE


def test_utf_8_that_is_labelled_otherwise_is_read_as_set() -> None:
    """An agency that writes UTF-8 is read so, with or without a byte order mark, whatever its label."""
    message = f'<?xml version="1.0" encoding="EUC-KR"?><A><NM>{RARE}</NM></A>'
    assert [said(message.encode(), UTF_8), said(message.encode("utf-8-sig"), UTF_8)] == [RARE, RARE]


@pytest.mark.parametrize("name", ["홍길동", "김나루", RARE, "꿿", "가", "뷁"])
def test_the_other_encoding_is_refused_not_guessed(name: str) -> None:
    """UTF-8 from an agency of CP949, and the other way round, is no answer: it might read as another name."""
    message = f"<A><NM>{name}</NM></A>"
    with pytest.raises(BadReplyError):
        read_xml(message.encode(), CP949)
    with pytest.raises(BadReplyError):
        read_xml(message.encode("cp949"), UTF_8)


@given(CP949_TEXT)
def test_what_cp949_holds_comes_back(text: str) -> None:
    """Written and read again, or (where the bytes are UTF-8 too) refused; never another text."""
    data = encode(text, CP949, "client.name")
    try:
        assert decode(data, CP949) == unicodedata.normalize("NFC", text)
    except BadReplyError:
        assert data.decode()


@given(st.text(st.characters(categories=("Lo",)), min_size=1, max_size=10))
def test_utf_8_never_becomes_other_words(text: str) -> None:
    """Hangul in UTF-8 is never read as CP949."""
    if any("가" <= letter <= "힣" for letter in text):
        with pytest.raises(BadReplyError):
            decode(text.encode(), CP949)


def test_a_character_that_the_encoding_lacks_is_refused_by_field() -> None:
    """The error names the field, and neither the name nor the character."""
    with pytest.raises(CannotExpressError) as caught:
        encode("김나루😀", CP949, "client.name")
    assert caught.value.path == "client.name"
    assert "나루" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_parts_of_a_syllable_go_out_as_one() -> None:
    """한글 typed on a Mac comes in parts, which CP949 lacks; together it has them."""
    assert encode("\u1112\u1169\u11bc", CP949, "client.name") == "홍".encode("cp949")


def test_a_dtd_is_hostile() -> None:
    """Neither its entities nor what it points to is looked at."""
    bomb = '<!DOCTYPE a [<!ENTITY b "lol"><!ENTITY c SYSTEM "file:///etc/hostname">]><A><NM>&b;&c;</NM></A>'
    with pytest.raises(HostileReplyError):
        read_xml(bomb.encode(), CP949)
    with pytest.raises(BadReplyError):
        read_xml(b"<A><NM>&nobody;</NM></A>", CP949)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<A><NM>half",
        "<A><NM>홍길동</NM></A>".encode("cp949")[:9],
        b"<A/><A/>",
        b"\xff\xfe<\x00A\x00/\x00>\x00",
        b"<a>" * 20_000 + b"</a>" * 20_000,
    ],
)
def test_what_is_no_xml_says_nothing_of_itself(data: bytes) -> None:
    """Half a message, none, two, or one without end: a bad reply, whose text holds nothing of it."""
    with pytest.raises(BadReplyError) as caught:
        read_xml(data, CP949)
    assert "홍" not in str(caught.value)


def test_limits_hold() -> None:
    """As deep and as many as allowed, and no more."""
    limits = XmlLimits(levels=3, elements=5)
    assert read_xml(b"<a><b><c/><c/><c/></b></a>", UTF_8, limits).tag == "a"
    for beyond in (b"<a><b><c><d/></c></b></a>", b"<a><b><c/><c/><c/><c/></b></a>"):
        with pytest.raises(BadReplyError):
            read_xml(beyond, UTF_8, limits)


def test_a_value_that_stands_twice_is_refused() -> None:
    """Nobody can say which of two receipts is meant; comments cut no value in two."""
    assert said(b"<A><NM>one<!-- -->value</NM><LIST><NM>x</NM></LIST></A>") == "onevalue"
    with pytest.raises(BadReplyError):
        values_of(read_xml(b"<A><NM>1</NM><NM>2</NM></A>", CP949))


def test_media_types_are_compared_without_parameters() -> None:
    """Case and charset do not matter."""
    assert media_type_of(" Text/XML ; charset=ms949") == "text/xml"
