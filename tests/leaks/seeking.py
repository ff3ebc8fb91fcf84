"""Looks for planted values in bytes, in every form in which they could stand there. Knows no place and no process."""

from __future__ import annotations

import base64
import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote

from planting import ROOT, UNTOLD, values_of

OTHER_TEXTS = {"the words of an agency": "기관답표", "an RRN in a bad request": "8002022000000"}
"""What is planted beside the fields: `voyage` says where."""

_STREAM = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_LARGEST_INFLATED = 32 << 20


def forms_of_text(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every form of a text."""
    nfd = unicodedata.normalize("NFD", text)
    encodings = {"utf-8": text.encode(), "cp949": text.encode("cp949"), "NFD": nfd.encode(),
                 "utf-16-le": text.encode("utf-16-le"), "utf-16-be": text.encode("utf-16-be")}  # fmt: skip
    for name, raw in encodings.items():
        yield name, raw
        yield from _ascii_forms(name, raw)
    escaped = "".join(f"\\u{ord(char):04x}" for char in text)
    yield "JSON", escaped.encode()
    yield "JSON, capitals", re.sub(r"u(....)", lambda m: f"u{m[1].upper()}", escaped).encode()
    yield "XML", "".join(f"&#{ord(char)};" for char in text).encode()
    yield "XML, hexadecimal", "".join(f"&#x{ord(char):x};" for char in text).encode()
    yield "XML, hexadecimal, capitals", "".join(f"&#x{ord(char):X};" for char in text).encode()


def forms_of_digits(digits: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the forms of a number or a code that is long enough to be nothing else."""
    raw = digits.encode()
    yield "plain", raw
    yield "utf-16", digits.encode("utf-16-le")
    yield "utf-16, the other way", digits.encode("utf-16-be")
    for number, inner in enumerate(_base64_cores(raw)):
        yield f"base64 at {number}", inner
    yield "hexadecimal", raw.hex().encode()


def _ascii_forms(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    percent = quote(raw, safe="")
    yield f"{name}, percent", percent.encode()
    yield f"{name}, percent, small", percent.lower().encode()
    yield f"{name}, hexadecimal", raw.hex().encode()
    yield f"{name}, hexadecimal, capitals", raw.hex().upper().encode()
    yield f"{name}, repr", repr(raw)[2:-1].encode()
    for number, inner in enumerate(_base64_cores(raw)):
        yield f"{name}, base64 at {number}", inner
        url = inner.replace(b"+", b"-").replace(b"/", b"_")
        if url != inner:
            yield f"{name}, base64url at {number}", url


def _base64_cores(raw: bytes) -> Iterator[bytes]:
    """Yield what surely stands in the base64 of any text around `raw`, at each of three alignments."""
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + raw)
        end = (offset + len(raw)) * 8 // 6
        yield whole[-(-offset * 8 // 6) : end]


@dataclass(frozen=True)
class Found:
    """Something planted that stands where it must not: what, in which form, where."""

    what: str
    form: str
    place: str


@dataclass
class Seeker:
    """What is looked for: the planted texts by their common root, numbers and codes one by one."""

    clients: int
    secrets: dict[str, str] = field(default_factory=dict)
    """Name → text of what must not stand anywhere either: keys, secrets."""
    places: int = 0
    size: int = 0

    def __post_init__(self) -> None:
        self._needles = list(dict.fromkeys(self._make()))
        self._short = [
            (what, re.compile(rb"(?<![0-9A-Za-z.])" + text + rb"(?![0-9A-Za-z])")) for what, text in _short()
        ]

    @property
    def needles(self) -> int:
        """How many forms are looked for."""
        return len(self._needles) + len(self._short)

    def look(self, place: str, data: bytes, depth: int = 0) -> Iterator[Found]:
        """Yield what stands in these bytes, and in the gzip and zlib streams in them."""
        self.places, self.size = self.places + (depth == 0), self.size + len(data)
        for what, form, needle in self._needles:
            at = data.find(needle)
            if at >= 0:
                rest = data[at + len(needle) : at + len(needle) + 3].decode("ascii", "replace")
                yield Found(f"{what}{rest if what == ROOT else ''}", form, place)
        for what, pattern in self._short:
            if pattern.search(data):
                yield Found(what, "plain", place)
        for stream in _STREAM.finditer(data) if depth < 3 else ():
            yield from self.look(f"{place}, unpacked", _inflated(data[stream.start() :]), depth + 1)

    def _make(self) -> Iterator[tuple[str, str, bytes]]:
        for form, needle in forms_of_text(ROOT):
            yield ROOT, form, needle
        for what, text in OTHER_TEXTS.items():
            for form, needle in forms_of_digits(text) if text.isdigit() else forms_of_text(text):
                yield what, form, needle
        for number in range(self.clients):
            told = values_of(number)
            born = date.fromisoformat(told["client.birth_date"])
            for form, needle in forms_of_digits(told["client.rrn"]):
                yield "client.rrn", form, needle
            yield "client.rrn", "hyphen", f"{born:%y%m%d}-1000000".encode()
            yield "client.birth_date", "ISO", born.isoformat().encode()
            yield "client.birth_date", "Korean", f"{born.year}년 {born.month}월 {born.day}일".encode()
            yield "client.birth_date", "dots", f"{born:%Y.%m.%d}".encode()
        for path, value in values_of(0).items():
            if path not in UNTOLD and not path.startswith(("client.rrn", "client.birth_date")):
                yield from ((path, form, needle) for form, needle in _forms_of(value))
        for name, secret in self.secrets.items():
            yield from ((name, form, needle) for form, needle in forms_of_digits(secret))


def _forms_of(value: Any) -> Iterator[tuple[str, bytes]]:
    for text in value if isinstance(value, list) else [str(value)]:
        if text.startswith(ROOT):
            continue
        plain = text.replace("-", "")
        if len(plain) == 10:
            yield "hyphens", f"{plain[:3]}-{plain[3:5]}-{plain[5:]}".encode()
        if len(plain) >= 10:
            yield from forms_of_digits(text)
            yield from forms_of_digits(plain)


def _short() -> Iterator[tuple[str, bytes]]:
    """Yield what is short: looked for as a word, since its digits may stand in longer numbers by chance."""
    for path, value in values_of(0).items():
        for text in value if isinstance(value, list) else [str(value)]:
            is_ours = path not in UNTOLD and path not in {"client.rrn", "client.birth_date"}
            if is_ours and not text.startswith(ROOT) and len(text.replace("-", "")) < 10:
                yield path, re.escape(text).encode()
                yield path, text.replace("-", "").encode()


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=47).decompress(data, _LARGEST_INFLATED)
    except zlib.error:
        return b""
