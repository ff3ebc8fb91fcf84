"""CPU of one referral, from the document to the agency's receipt, with sealing and audit and without: `make bench`.

The whole way in one process on SQLite, with an agency in memory. "Off" is a hub that nobody could run: boxes hold
plain text, and nothing is noted nor chained. CPU is this process's; trust the ratio, the machine is never quiet.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "delivery"))

from ferry import Landing
from sqlalchemy import func, select

from hub.audit import entries
from hub.audit.sealer import seal_some
from hub.store.tables import audit_entries
from hub.vault import boxes

ROUNDS, REFERRALS = 5, 60
_NOTED = select(func.count()).select_from(audit_entries)


class Open:
    """What stands for AES-GCM when nothing is sealed."""

    def __init__(self, key: bytes) -> None:
        """Take a key, and do nothing with it."""

    def encrypt(self, _nonce: bytes, said: bytes, _bound: bytes) -> bytes:
        """Return what was said."""
        return said

    def decrypt(self, _nonce: bytes, said: bytes, _bound: bytes) -> bytes:
        """Return what was said."""
        return said


@contextmanager
def without(*, sealing: bool, audit: bool) -> Iterator[None]:
    """Take sealing, audit or both away."""
    real = entries.record
    mine = [one for one in sys.modules.values() if getattr(one, "record", None) is real] if audit else []
    for module in mine:
        module.record = lambda *_, **__: None  # type: ignore[attr-defined]
    try:
        with patch.object(boxes, "AESGCM", Open if sealing else boxes.AESGCM):
            yield
    finally:
        for module in mine:
            module.record = real  # type: ignore[attr-defined]


def cpu_of(landing: Landing, *, chained: bool) -> float:
    """Return the CPU milliseconds for one referral."""
    before = time.process_time()
    for number in range(REFERRALS):
        landing.accept(birth_date=f"19{number % 90 + 10}-01-01")
        landing.work()
    while chained and landing.store.write_now(seal_some).more:
        pass
    return (time.process_time() - before) * 1000 / REFERRALS


KINDS = {
    "both off": {"sealing": True, "audit": True},
    "without sealing": {"sealing": True, "audit": False},
    "without audit": {"sealing": False, "audit": True},
    "as it is": {"sealing": False, "audit": False},
}


def main() -> int:
    """Measure the four in turn, and print medians and ratios."""
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(ROUNDS + 1):  # the first round warms up
        for kind, off in KINDS.items():
            with tempfile.TemporaryDirectory() as folder, without(**off):
                landing = Landing(Path(folder))
                spent = cpu_of(landing, chained=not off["audit"])
                noted = landing.store.read_now(lambda conn: conn.execute(_NOTED).scalar_one())
                assert (noted == 0) == off["audit"], "off is not off"
                taken[kind] += [spent] if number else []
                landing.store.close()
    base = statistics.median(taken["both off"])
    print("CPU of one referral, document to receipt, ms (ratio to both off)")  # noqa: T201 - what it is for
    for kind, each in taken.items():
        middle = statistics.median(each)
        print(f"  {kind:16} {middle:7.2f}  {middle / base:5.2f}")  # noqa: T201 - the same
    return 0


if __name__ == "__main__":
    sys.exit(main())
