"""Whether the values that arrived are the document's: digests of every form that a value may take on a wire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from mocks.auditor.books import Act, Book, base_of, digest
from mocks.auditor.promises import Promise
from mocks.kit.kst import KST

_IDENTITY = frozenset({"client.name", "client.birth_date", "client.rrn"})
_CODED = frozenset({
    "client.sex", "client.employment.status", "referral.kind", "referral.urgency", "referral.service_code",
    "referral.appointment.method",
})  # fmt: skip
"""Agencies write these in codes of their own, which only their contract can translate."""


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_SPLITS_DEBTS = "client.debts.secured"


def changed_names(act: Act, book: Book, promise: Promise, key: bytes) -> tuple[str, ...]:
    """Return the agency's names of the fields whose value is not the one that the document holds."""
    return tuple(name for name in act.digests if _is_changed(name, act, book, promise, key))


def is_about(act: Act, book: Book, promise: Promise, key: bytes) -> bool:
    """Return whether the act carries name, birth date or RRN of the promise's client, and none of them differs."""
    carried = [name for name in act.digests if book.path_of.get(base_of(name)) in _IDENTITY]
    return bool(carried) and not any(_is_changed(name, act, book, promise, key) for name in carried)


def _is_changed(name: str, act: Act, book: Book, promise: Promise, key: bytes) -> bool:
    path = book.path_of.get(base_of(name))
    if path is None or path in _CODED:
        return False
    forms = [*_forms(promise.values(path)), *(_split_sums(promise) if path == _SPLITS_DEBTS else ())]
    return act.digests[name] not in {digest(key, text) for text in forms}


def _split_sums(promise: Promise) -> Iterator[str]:
    """Yield what is owed with and without security: some agencies want sums instead of a yes or no for each debt."""
    debts = list(zip(promise.values("client.debts.amount"), promise.values(_SPLITS_DEBTS), strict=False))
    for secured in (True, False):
        yield str(sum(amount for amount, is_secured in debts if is_secured is secured))


def _forms(values: list[object]) -> Iterator[str]:
    """Yield what a wire may make of the values of one field.

    Each as it is, in one line or without marks, moments in Korea's time, yes and no as Y and N, or their sum or number.
    """
    for value in values:
        if isinstance(value, str) and _MOMENT.match(value):
            yield f"{datetime.fromisoformat(value).astimezone(KST):%Y%m%d%H%M%S}"
        if isinstance(value, bool):
            yield "Y" if value else "N"
        text = str(value)
        yield text
        yield " ".join(text.split())
        yield "".join(letter for letter in text if letter.isalnum())
    amounts = [value for value in values if isinstance(value, int)]
    if amounts and len(amounts) == len(values):
        yield str(sum(amounts))
        yield str(len(amounts))
