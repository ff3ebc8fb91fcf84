"""The folder of a demo or a proof: fresh at every run, for one at a time. Nothing is written outside it."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mocks.kit.pki import Certificates, make_certificates


class FolderInUseError(Exception):
    """Another one runs in the folder."""


@dataclass(frozen=True)
class StageFolder:
    """Where everything of one run is. Paths are absolute."""

    path: Path
    certificates: Certificates
    ledger_key: bytes

    @property
    def ledger_key_file(self) -> Path:
        """The key that the mocks' ledgers and the auditor share."""
        return self.path / "ledger.key"

    @property
    def ready_file(self) -> Path:
        """Where the mocks say that they answer."""
        return self.path / "mocks.json"

    @property
    def mocks_settings(self) -> Path:
        """The mocks' settings."""
        return self.path / "mocks.toml"

    def log(self, name: str) -> Path:
        """Return the log file of a child process."""
        return self.path / f"{name}.log"

    def hub_environ(self) -> dict[str, str]:
        """Return the variables that keep the hub inside this folder."""
        return {
            "NARU_STORE__URL": f"sqlite:///{self.path / 'naru.db'}",
            "NARU_VAULT__KEY_FILE": str(self.path / "keys" / "kek"),
            "NARU_AUDIT__FOLDER": str(self.path / "audit"),
            "NARU_AUDIT__KEY_FILE": str(self.path / "keys" / "audit"),
        }

    def write_secret(self, path: Path, text: str) -> None:
        """Write a file that only we may read."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)


@contextmanager
def fresh_folder(place: Path) -> Iterator[StageFolder]:
    """Make the folder anew, with certificates and a ledger key, and hold it.

    Raises:
        FolderInUseError: another run holds it; nothing of it was touched.
    """
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = place.resolve()
    holder = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _hold(holder, place)
        _empty(path)
        folder = StageFolder(path, make_certificates(path / "certificates"), secrets.token_bytes(32))
        folder.write_secret(folder.ledger_key_file, folder.ledger_key.hex())
        yield folder
    finally:
        os.close(holder)


def _hold(descriptor: int, place: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FolderInUseError(f"another one runs in {place}; end it first") from None


def _empty(path: Path) -> None:
    for inside in path.iterdir():
        if inside.is_dir() and not inside.is_symlink():
            shutil.rmtree(inside)
        else:
            inside.unlink()
