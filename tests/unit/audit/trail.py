"""What tests of the audit's chain share: a store with entries, a sealer with a key, and verification of the two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hub.audit.checkpoints import read_checkpoints
from hub.audit.configured import AuditSettings
from hub.audit.entries import Action, record
from hub.audit.exporting import Period, export, verify_export, verify_store
from hub.audit.sealer import Sealer, seal_some
from hub.audit.signing import PublicKeys
from hub.audit.verifying import Report
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.store.tables import audit_entries

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


class Trail:
    """A store whose audit is sealed when a test says so."""

    def __init__(self, url: str, folder: Path, *, machine: str | None = None) -> None:
        self.folder = folder
        self.store = Store(url)
        self.store.write_now(make_or_check)
        self.settings = AuditSettings(folder=folder / "audit", key_file=folder / "keys" / "audit")
        self.sealer = Sealer(self.store, self.settings, machine)
        self.sealer.prepare()

    @property
    def keys(self) -> PublicKeys:
        """The public key."""
        return self.settings.open_key().public

    def write(self, count: int = 1, **more: Any) -> None:
        """Write entries, one transaction each."""
        for number in range(count):
            said: dict[str, Any] = {"actor": "key:k1", "action": Action.CASE_READ, "centre_id": "ctr_1", **more}
            said = {"at": NOW + timedelta(seconds=number), "data": {"number": number}} | said
            self.store.write_now(lambda conn, said=said: record(conn, **said))

    def seal(self) -> int:
        """Seal everything; return how many entries that were."""
        sealed = 0
        while (one := self.store.write_beside_now(seal_some)).count:
            sealed += one.count
        return sealed

    async def checkpoint(self) -> None:
        """Have a checkpoint written."""
        await self.sealer.checkpoint()

    def verify(self) -> Report:
        """Verify the store against the checkpoints."""
        files = read_checkpoints(self.settings.folder)
        return self.store.read_now(lambda conn: verify_store(conn, files, self.keys))

    def export(self, period: Period | None = None) -> list[str]:
        """Export, as lines without their ends."""
        at = datetime.now(UTC)
        key = self.settings.open_key()
        return self.store.read_now(lambda conn: list(export(conn, period or Period(), key, at)))

    def verify_export(self, lines: Sequence[str]) -> Report:
        """Verify an export against the checkpoints."""
        return verify_export(lines, read_checkpoints(self.settings.folder), self.keys)

    def rows(self) -> list[dict[str, Any]]:
        """Return all entries as they stand in the store, by place, then by id."""
        query = select(audit_entries).order_by(audit_entries.c.sequence, audit_entries.c.id)
        return [dict(row) for row in self.store.read_now(lambda conn: conn.execute(query).mappings().all())]

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def kinds(report: Report) -> set[str]:
    """Return what kinds of findings there are."""
    return {str(finding.kind) for finding in report.findings}
