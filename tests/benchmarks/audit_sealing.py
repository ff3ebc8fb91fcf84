"""CPU of an audit entry with and without its sealing, on SQLite: `make bench`.

An entry is written in a transaction of its own, as reading a case does; the same is done with the sealer off and on,
in turn, in one process. CPU is this process's: with SQLite, all of it. Trust the ratio; the machine is never quiet.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from hub.audit.configured import AuditSettings
from hub.audit.entries import Action, record
from hub.audit.exporting import verify_store
from hub.audit.sealer import Sealer, seal_some
from hub.audit.signing import PublicKeys
from hub.store.schema import make_or_check
from hub.store.store import Store

ROUNDS, ENTRIES = 7, 2000
PER_REFERRAL = 5
"""Entries of a referral that is accepted, read once, disclosed and followed: about so many."""
BAR = 1.5
NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
FIELDS = ["client.name", "client.birth_date", "client.phones", "client.address.adm_cd", "referral.opinion"]
SAID = {
    "at": NOW, "actor": "hub", "action": Action.DISCLOSED, "centre_id": "ctr_01jc0000000000000000000001",
    "client_id": "cli_01jc0000000000000000000001", "case_id": "case_01jc0000000000000000000001",
    "referral_id": "ref_01jc0000000000000000000001",
    "data": {"attempt": "att_01jc0000000000000000000001", "recipient": "community_center:3820000", "fields": FIELDS,
             "bases": {"con_01jc0000000000000000000001": FIELDS}},
}  # fmt: skip


def _write(conn: Connection) -> None:
    record(conn, **SAID)  # type: ignore[arg-type]  # named above


def write(store: Store) -> None:
    """Write entries, one transaction each."""
    for _ in range(ENTRIES):
        store.write_now(_write)


def cpu_of(work: Callable[[], object]) -> float:
    """Return the CPU milliseconds for one entry."""
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000 / ENTRIES


def seal(store: Store, sealer: Sealer) -> None:
    """Seal all of them, and write one checkpoint."""
    while store.write_beside_now(seal_some).more:
        pass
    asyncio.run(sealer.checkpoint())


def main() -> int:
    """Print CPU for an entry, and how much of it is the sealing."""
    written, sealed, verified = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/naru.db")
        store.write_now(make_or_check)
        sealer = Sealer(store, AuditSettings(folder=Path(folder) / "audit", key_file=Path(folder) / "key"))
        sealer.prepare()
        write(store)
        seal(store, sealer)  # caches are filled
        for number in range(ROUNDS):
            written.append(cpu_of(partial(write, store)))
            sealed.append(cpu_of(partial(seal, store, sealer)))
            whole = cpu_of(lambda: store.read_now(partial(verify_store, files=[], keys=PublicKeys([]))))
            verified.append(whole / (number + 2))
        store.close()
    ratios = [(before + after) / before for before, after in zip(written, sealed, strict=True)]
    ratio, cost = statistics.median(ratios), min(sealed)
    print(f"{datetime.now(UTC):%Y-%m-%d}, audit on SQLite, {ROUNDS} rounds of {ENTRIES} entries")  # noqa: T201 - it prints
    print(f"{1:5.2f}  {min(written):6.3f} ms CPU  an entry written, sealing off")  # noqa: T201 - the same
    print(f"{ratio:5.2f}  {min(written) + cost:6.3f} ms CPU  written and sealed ({cost:.3f} for the seal)")  # noqa: T201 - the same
    print(f"       {min(verified):6.3f} ms CPU  verified again")  # noqa: T201 - the same
    print(f"about {PER_REFERRAL * cost:.2f} ms of sealing for a referral of {PER_REFERRAL} entries")  # noqa: T201 - the same
    print(f"sealing on may cost {BAR:g} times as much as off: {'met' if ratio <= BAR else 'MISSED'}")  # noqa: T201 - the same
    return int(ratio > BAR)


if __name__ == "__main__":
    sys.exit(main())
