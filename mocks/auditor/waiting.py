"""What waits for a person, and whether a fault or a disturbance explains it.

After a lost answer some agencies can neither be asked nor be sent the same again: then a person decides. That is no
loss, but it must have a cause: a fault that struck, or a process that was killed or paused while it sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mocks.auditor.books import Book
from mocks.auditor.promises import Promise


def waits_for_person(promise: Promise) -> bool:
    """Return whether the client heard that nobody but a person can tell what became of it."""
    return promise.final.get("delivery") == "unknown" and promise.final.get("reason") == "person_decides"


def unexplained(waiting: Sequence[Promise], books: Mapping[str, Book], disturbed: frozenset[str]) -> Iterator[Promise]:
    """Yield those of `waiting` that nothing explains.

    Where the contract has no key of ours, nobody can say which request a fault struck: there each fault explains one.
    """
    struck = {slug: Counter(visit.key for visit in book.visits if visit.fault) for slug, book in books.items()}
    for promise in waiting:
        if promise.referral_id in disturbed:
            continue
        book, faults, key = books[promise.agency], struck[promise.agency], str(promise.final.get("wire_key", ""))
        if faults[key] or any(v.key == key and v.path.rpartition("/")[2] in book.spoilt for v in book.visits):
            continue
        if not faults[""] or any(visit.key for visit in book.visits):
            yield promise
        else:
            faults[""] -= 1
