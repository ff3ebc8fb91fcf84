"""Every place where something could have been left: files, answers, notices, books of the mocks, processes.

No place is left out. Two things stand where they are meant to (`is_meant`): what an agency says to the centre is shown
to it, and a file of ours that no result has settled yet lies in the agency's folder.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

from seeking import Found, Seeker
from voyage import Voyage

_OURS = re.compile(r"tmp/naru-mock-\w+-\w+/in/(\w+\.\w+)")
_EVENTS = re.compile(r"answer to GET /v1/referrals/ref_\w+/events 200")


def is_meant(found: Found, undecided: Collection[str]) -> bool:
    """Return whether a value stands where it is meant to be."""
    if found.what == "the words of an agency":
        return _EVENTS.fullmatch(found.place) is not None
    lies = _OURS.fullmatch(found.place)
    return lies is not None and lies[1] in undecided


def undecided_files(store: Path) -> frozenset[str]:
    """Return the names of our files with a member that no result has settled: the agency may still work on them."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as conn:
        rows = conn.execute(
            "SELECT name FROM batches JOIN batch_members ON batch_id = batches.id "
            "WHERE ended IS NULL OR ended NOT IN ('settled', 'released', 'rejected')"
        )
        return frozenset(name for (name,) in rows)


def files_under(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder, with its name, and the name itself as bytes too: a name can tell as well."""
    for path in sorted(root.rglob("*")):
        yield f"name of {path.relative_to(root)}", str(path.relative_to(root)).encode()
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(root)), path.read_bytes()


async def live_places(voyage: Voyage) -> Iterator[tuple[str, bytes]]:
    """Return what there is while all live: answers, notices, the mocks' books, processes."""
    books = [
        (f"{kind} of {slug}", str(await getattr(voyage.scene.control, kind)(slug)).encode())
        for slug in voyage.scene.agencies
        for kind in ("ledger", "journal")
    ]
    notices = [(f"notice {number}", told) for number, told in enumerate(voyage.receiver.arrived)]
    answers = [(f"answer to {what}", told) for what, told in voyage.answers]
    return iter([*books, *notices, *answers, *_processes(voyage)])


def _processes(voyage: Voyage) -> Iterator[tuple[str, bytes]]:
    for member in voyage.scene.company.members:
        assert member.child is not None
        process = Path(f"/proc/{member.child._process.pid}")
        for name in ("cmdline", "environ", "limits"):
            if (process / name).exists():
                yield f"{name} of {member.name}", (process / name).read_bytes()


def searched(
    seeker: Seeker, places: Iterator[tuple[str, bytes]], undecided: Collection[str] = frozenset()
) -> list[Found]:
    """Search places; return what was found, each once."""
    found = (one for place, data in places for one in seeker.look(place, data))
    return [one for one in dict.fromkeys(found) if not is_meant(one, undecided)]
