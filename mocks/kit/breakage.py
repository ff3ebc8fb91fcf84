"""Breakage: what each fault of the kit does to an honest answer. Pure functions from a reply to a worse one.

A worse answer that is still correct HTTP is a `Reply`; where HTTP itself must break, it is a `Script`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus

from mocks.kit.agency import Reply
from mocks.kit.script import Ending, Script

Breakage = Callable[[Reply, float], Reply | Script]
"""From the honest reply and the fault's seconds to what goes onto the wire."""

_HANGUL = re.compile("[가-힣]+")
_RARE = "똠방각하"
_XML_ENCODING = re.compile(rb"""(<\?xml[^>]*encoding=["'])[^"']+""")
_DEPTH = 20_000
_MEBIBYTE = 1 << 20
_BOMB_MEBIBYTES = 64

_MAINTENANCE = """<!DOCTYPE html>
<html lang="ko">
<head><meta http-equiv="Content-Type" content="text/html; charset=euc-kr"><title>시스템 점검 안내</title></head>
<body>
<h1>시스템 점검 안내</h1>
<p>보다 나은 서비스를 위하여 시스템을 점검하고 있습니다. 잠시 후 다시 이용하여 주십시오.</p>
</body>
</html>
"""

_BILLION = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
_DTD = (
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE a [<!ENTITY e0 "lol">'
    f'{_BILLION}<!ENTITY out SYSTEM "http://127.0.0.1:9/never-load-this">]><a>&e9;&out;</a>'
)


def raw_head(reply: Reply, length: int) -> bytes:
    """Return the status line and headers of `reply` as they would go onto the wire, announcing `length` bytes."""
    headers = (("Content-Type", reply.content_type), ("Content-Length", str(length)), *reply.headers)
    lines = (
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        *(f"{name}: {value}" for name, value in headers),
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def maintenance_page() -> Reply:
    """Return the page that a web server puts before a system under maintenance: HTML in EUC-KR with status 200."""
    return Reply(200, _MAINTENANCE.encode("cp949"), "text/html; charset=euc-kr")


def _lose(_reply: Reply, _seconds: float) -> Script:
    return Script(Ending.CLOSE)


def _reset(_reply: Reply, _seconds: float) -> Script:
    return Script(Ending.RESET)


def _stay_silent(_reply: Reply, _seconds: float) -> Script:
    return Script(Ending.SILENCE)


def _show_maintenance_page(_reply: Reply, _seconds: float) -> Reply:
    return maintenance_page()


def _busy(status: int, *, says_when: bool) -> Breakage:
    def answer(_reply: Reply, seconds: float) -> Reply:
        return Reply(status, b"", "", (("Retry-After", f"{seconds:.0f}"),) if says_when else ())

    return answer


def _drip(reply: Reply, seconds: float) -> Script:
    drops: list[bytes | float] = [raw_head(reply, len(reply.body))]
    for byte in reply.body:
        drops += [seconds, bytes((byte,))]
    return Script(Ending.CLOSE, tuple(drops), reply.status, is_whole=True)


def _cut_short(reply: Reply, _seconds: float) -> Script:
    announced = len(reply.body) or 1
    return Script(Ending.CLOSE, (raw_head(reply, announced), reply.body[: announced // 2]), reply.status)


def _announce_too_little(reply: Reply, _seconds: float) -> Script:
    announced = len(reply.body) // 2
    return Script(Ending.CLOSE, (raw_head(reply, announced), reply.body or b"?"), reply.status)


def _truncate(reply: Reply, _seconds: float) -> Reply:
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def _empty(status: int) -> Breakage:
    def answer(reply: Reply, _seconds: float) -> Reply:
        return replace(reply, status=status, body=b"")

    return answer


def _in_cp949(body: bytes) -> bytes:
    """Put 똠방각하 in the place of the first Korean words (or at the end) and encode the whole in CP949."""
    text, count = _HANGUL.subn(_RARE, body.decode("utf-8", "replace"), count=1)
    return (text if count else text + _RARE).encode("cp949", "replace")


def _mislabel(reply: Reply, _seconds: float) -> Reply:
    return replace(reply, body=_in_cp949(reply.body))


def _encode_wrongly(reply: Reply, _seconds: float) -> Reply:
    kind = reply.content_type.partition(";")[0]
    body = _XML_ENCODING.sub(rb"\g<1>EUC-KR", _in_cp949(reply.body))
    return replace(reply, body=body, content_type=f"{kind}; charset=EUC-KR")


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)  # 16: with gzip's frame
    packed = [packer.compress(b" " * _MEBIBYTE) for _ in range(_BOMB_MEBIBYTES)]
    return b"".join((*packed, packer.flush()))


def _throw_bomb(reply: Reply, _seconds: float) -> Reply:
    return replace(reply, body=_bomb(), headers=(*reply.headers, ("Content-Encoding", "gzip")))


def _nest(reply: Reply, _seconds: float) -> Reply:
    opening, closing = (b"[", b"]") if "json" in reply.content_type else (b"<a>", b"</a>")
    return replace(reply, body=opening * _DEPTH + closing * _DEPTH)


def _declare_entities(reply: Reply, _seconds: float) -> Reply:
    return replace(reply, body=_DTD.encode())


BREAKAGES: Mapping[str, Breakage] = {
    "refuse_connection": _reset,
    "reset_while_sending": _reset,
    "reset_before_acceptance": _reset,
    "no_answer": _stay_silent,
    "maintenance_page": _show_maintenance_page,
    "busy_429": _busy(429, says_when=False),
    "busy_429_retry_after": _busy(429, says_when=True),
    "busy_503": _busy(503, says_when=False),
    "busy_503_retry_after": _busy(503, says_when=True),
    "accept_then_lose_reply": _lose,
    "reset_after_acceptance": _reset,
    "accept_then_hide": _lose,
    "slow_drip": _drip,
    "cut_short": _cut_short,
    "wrong_content_length": _announce_too_little,
    "truncated_body": _truncate,
    "empty_200": _empty(200),
    "empty_202": _empty(202),
    "mislabelled_encoding": _mislabel,
    "wrong_encoding": _encode_wrongly,
    "gzip_bomb": _throw_bomb,
    "deep_nesting": _nest,
    "dtd_entity": _declare_entities,
}
"""What the kit does by itself, for every fault of the catalogue that strikes a request and is not the agency's."""
