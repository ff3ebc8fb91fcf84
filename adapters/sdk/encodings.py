"""How an agency's bytes become text and back: by that agency's setting, never by what an answer says of itself.

Korean systems label CP949 as EUC-KR, ms949, ksc5601 or UTF-8, or in an HTTP header only. What they do write is known
from their contract, so it is set once for each agency, and labels are not read.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from adapters.sdk.errors import BadReplyError, CannotExpressError


class Encoding(StrEnum):
    """The encodings that Korean agencies write; each value is the name of Python's codec."""

    CP949 = "cp949"
    """What is called EUC-KR and written as CP949: every modern syllable, 똠 and 뷁 too."""
    UTF_8 = "utf-8"


_HANGUL = re.compile("[가-힣]")


def decode(data: bytes, encoding: Encoding) -> str:
    """Read bytes as text; a UTF-8 byte order mark is left out.

    Raises:
        BadReplyError: they are no text in this encoding. Bytes that spell Hangul in UTF-8 are UTF-8: some happen to be
            CP949 as well, and would read as other words.
    """
    other = encoding is not Encoding.UTF_8 and _HANGUL.search(data.decode(Encoding.UTF_8, "ignore")) is not None
    if other and _is_text(data, Encoding.UTF_8):
        raise BadReplyError(f"the answer is in UTF-8, not in {encoding}")
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:  # its text shows the bytes
        raise BadReplyError(f"the answer is no text in {encoding}") from None


def encode(text: str, encoding: Encoding, path: str) -> bytes:
    """Write what stands at a field path as bytes; it is brought to NFC, so that no syllable goes out in parts.

    Raises:
        CannotExpressError: it holds a character that the encoding lacks; names the path, never the character.
    """
    try:
        return unicodedata.normalize("NFC", text).encode(encoding)
    except UnicodeEncodeError:
        why = "기관의 문자 집합에 없는 글자가 있습니다 (a character that the agency's encoding lacks)"
        raise CannotExpressError(path, why) from None


def _is_text(data: bytes, encoding: Encoding) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
