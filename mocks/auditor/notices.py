"""What the centre heard by webhook against what the hub says in the end: nothing untold, nothing forged, nobody named.

Written from docs/webhooks.md and the words of Standard Webhooks, not from the hub's code: the auditor has its own check
of a signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from mocks.auditor.promises import Promise
from mocks.auditor.rules import type_of

_ALLOWED_DRIFT_SECONDS = 300.0
_NAMES = frozenset({"referral_id", "case_id", "sequence", "delivery", "business"})
_SHORTEST_NUMBER = 6
"""A client's text that is all ASCII and has fewer digits than this may be a code, and is not looked for; one that has
more is looked for without its marks too."""


@dataclass(frozen=True)
class Notice:
    """One message as it came."""

    headers: Mapping[str, str] = field(repr=False)
    """By name in lower case."""
    body: bytes = field(repr=False)
    arrived_at: float
    """Wall time, epoch seconds."""


@dataclass
class _Heard:
    """What was heard about one referral."""

    sequences: set[int] = field(default_factory=set)
    latest: dict[str, tuple[int, str]] = field(default_factory=dict)
    """The last word on `delivery` and on `business`, with its sequence."""


def untold_centre(promises: Sequence[Promise], notices: Iterable[Notice], secret: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with what the centre heard: referral id (empty if there is none), and words.

    Args:
        promises: with their final views.
        notices: all messages that the receiver kept, copies too.
        secret: `whsec_…`, as the registration told it.
    """
    of_referral = {promise.referral_id: promise for promise in promises}
    heard: dict[str, _Heard] = {promise.referral_id: _Heard() for promise in promises}
    bodies: dict[str, bytes] = {}
    for notice in notices:
        message_id = notice.headers.get("webhook-id", "")
        if not is_signed(notice, secret):
            yield "", f"{message_id}: its signature is not valid"
        elif bodies.setdefault(message_id, notice.body) != notice.body:
            yield "", f"{message_id}: came again with another body"
        else:
            yield from _read(notice, message_id, of_referral, heard)
    for promise in promises:
        for words in _missing(promise, heard[promise.referral_id]):
            yield promise.referral_id, words


def is_signed(notice: Notice, secret: str) -> bool:
    """Return whether a message carries a signature of this secret, made within five minutes of its arrival."""
    message_id, timestamp = notice.headers.get("webhook-id", ""), notice.headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(int(timestamp) - notice.arrived_at) > _ALLOWED_DRIFT_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    told = f"{message_id}.{timestamp}.".encode() + notice.body
    wanted = f"v1,{base64.b64encode(hmac.digest(key, told, hashlib.sha256)).decode()}"
    return any(hmac.compare_digest(wanted, one) for one in notice.headers.get("webhook-signature", "").split(" "))


def _read(
    notice: Notice, message_id: str, of_referral: Mapping[str, Promise], heard: Mapping[str, _Heard]
) -> Iterator[tuple[str, str]]:
    told: dict[str, Any] = {}
    with suppress(ValueError):
        told = json.loads(notice.body)
    data = told.get("data", {})
    referral_id, sequence = data.get("referral_id", ""), data.get("sequence", 0)
    promise = of_referral.get(referral_id)
    if promise is None or told.keys() != {"type", "timestamp", "data"}:
        yield "", f"{message_id}: is about no referral of this centre"
        return
    if data.keys() - _NAMES or any(text in notice.body.decode() for text in _personal(promise)):
        yield referral_id, f"{message_id}: says more than ids and codes"
    about = heard[referral_id]
    about.sequences.add(sequence)
    for name in ("delivery", "business"):
        if name in data:
            about.latest[name] = max(about.latest.get(name, (0, "")), (sequence, data[name]))


def _missing(promise: Promise, heard: _Heard) -> Iterator[str]:
    last = max(heard.sequences, default=0)
    gaps = set(range(1, last + 1)) - heard.sequences
    if gaps or not last:
        yield f"never heard of event {min(gaps, default=1)} of {last}"
    for name in ("delivery", "business"):
        told, is_now = heard.latest.get(name, (0, None))[1], promise.final.get(name)
        if promise.final and told != is_now:
            yield f"heard last that its {name} is {told}, and it is {is_now}"


def _personal(promise: Promise) -> Iterator[str]:
    """Yield the client's own texts that a message may not hold, as JSON would write them too."""
    for path in promise.paths():
        if type_of(path) == "plain":
            continue
        for text in map(str, promise.values(path)):
            digits = "".join(letter for letter in text if letter.isdigit())
            if len(digits) >= _SHORTEST_NUMBER:
                yield digits
            if len(digits) >= _SHORTEST_NUMBER or not text.isascii():
                yield text
                yield json.dumps(text)[1:-1]
