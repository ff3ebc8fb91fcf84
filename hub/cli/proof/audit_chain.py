"""Whether the hub's audit trail is whole after everything that was done to it: the chain against its checkpoints.

It says nothing of the promise itself: that is the auditor's, who reads nothing of the hub's.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

from hub.audit.checkpoints import CheckpointFile, read_checkpoints
from hub.audit.configured import AuditSettings
from hub.audit.exporting import verify_store
from hub.audit.signing import AuditKeyError, PublicKeys
from hub.audit.verifying import Report
from hub.store.store import Store

INTACT: Final = "intact"
SETTINGS = {"NARU_AUDIT__CHECKPOINT_ENTRIES": "20", "NARU_AUDIT__CHECKPOINT_SECONDS": "1"}
"""Often, so that kills come between a seal and its checkpoint."""
_PATIENCE_SECONDS = 60.0


async def judge_chain(store_url: str, hub_environ: dict[str, str]) -> str:
    """Return "intact", or what is wrong, in words; the last entries are waited for while the hub still seals."""
    settings = AuditSettings(
        folder=Path(hub_environ["NARU_AUDIT__FOLDER"]), key_file=Path(hub_environ["NARU_AUDIT__KEY_FILE"])
    )
    try:
        keys = settings.open_key(create=False).public
    except AuditKeyError as error:
        return str(error)
    store, ends = Store(store_url), asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    try:
        while True:
            wrong = _wrong_with(await _verify(store, settings.folder, keys))
            if wrong is None or wrong.startswith("finding") or asyncio.get_running_loop().time() > ends:
                return wrong or INTACT
            await asyncio.sleep(0.5)
    finally:
        store.close()


async def _verify(store: Store, folder: Path, keys: PublicKeys) -> Report:
    files: list[CheckpointFile] = await asyncio.to_thread(read_checkpoints, folder)
    return await store.read(partial(verify_store, files=files, keys=keys))


def _wrong_with(report: Report) -> str | None:
    """Return what is wrong; None if everything is sealed, vouched for, and as it was."""
    if report.findings:
        return f"findings ({len(report.findings)}): {report.findings[0]}"
    if not report.count:
        return "nothing is sealed"
    if report.unsealed:
        return f"{report.unsealed} entries are not sealed"
    if report.covered_to < report.last:
        return f"no checkpoint tells of what is after place {report.covered_to} of {report.last}"
    return None
