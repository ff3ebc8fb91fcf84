"""Breakage of telegrams: what each fault of the kit does to an honest one. Pure functions; those of HTTP: `breakage`.

A worse telegram that still stands behind its true length is a `Reply`; where the line itself breaks, it is a `Script`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mocks.kit.agency import Reply
from mocks.kit.breakage import BREAKAGES, Breakage, maintenance_page
from mocks.kit.script import Ending, Script

PREFIX_BYTES = 4

_ALIKE = (
    "refuse_connection",
    "reset_while_sending",
    "reset_before_acceptance",
    "no_answer",
    "accept_then_lose_reply",
    "reset_after_acceptance",
    "accept_then_hide",
    "truncated_body",
)
"""What is the same on any line: nothing comes back, or half of the answer as if it were the whole."""

_RARE = "똠방각하"


def length_prefix(size: int) -> bytes:
    """Return a length as it stands before a telegram: four ASCII digits."""
    return f"{size:0{PREFIX_BYTES}d}".encode("ascii")


def _show_maintenance_page(_reply: Reply, _seconds: float) -> Script:
    return Script(Ending.CLOSE, (maintenance_page().body,))


def _drip(reply: Reply, seconds: float) -> Script:
    drops: list[bytes | float] = [length_prefix(len(reply.body))]
    for byte in reply.body:
        drops += [seconds, bytes((byte,))]
    return Script(Ending.CLOSE, tuple(drops), is_whole=True)


def _cut_short(reply: Reply, _seconds: float) -> Script:
    announced = len(reply.body) or 1
    return Script(Ending.CLOSE, (length_prefix(announced), reply.body[: announced // 2]))


def _announce_too_little(reply: Reply, _seconds: float) -> Script:
    return Script(Ending.CLOSE, (length_prefix(len(reply.body) // 2), reply.body or b"?"))


def _say_nothing(reply: Reply, _seconds: float) -> Reply:
    return replace(reply, body=b"")


def _encode_wrongly(reply: Reply, _seconds: float) -> Reply:
    """Write the telegram in UTF-8, in which no Hangul has the length that its field has."""
    text = reply.body.decode("cp949", "replace")
    return replace(reply, body=(text if not text.isascii() else text + _RARE).encode())


TELEGRAM_BREAKAGES: Mapping[str, Breakage] = {
    **{name: BREAKAGES[name] for name in _ALIKE},
    "maintenance_page": _show_maintenance_page,
    "slow_drip": _drip,
    "cut_short": _cut_short,
    "wrong_content_length": _announce_too_little,
    "empty_200": _say_nothing,
    "wrong_encoding": _encode_wrongly,
}
"""What the kit does by itself to telegrams, for every fault of the catalogue that telegram lines can have."""
