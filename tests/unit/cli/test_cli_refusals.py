from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.vault.vault import Vault

Serve = Callable[..., Result]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Run `naru serve` in this process, in an empty folder, expecting that it refuses."""
    monkeypatch.chdir(tmp_path)
    Path("config.toml").touch()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield lambda **environ: CliRunner().invoke(app, ["serve"], env={"NARU_HTTP__PORT": "0"} | environ)
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers = handlers
    root.setLevel(level)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The store of the default configuration, opened beside it."""
    opened = Store(f"sqlite:///{tmp_path}/var/naru.db")
    yield opened
    opened.close()


def test_a_store_that_is_served_already(serve: Serve, store: Store) -> None:
    """A second `serve` says that the store is in use, and names NARU_STORE__URL."""
    store.claim()
    refused = serve()
    assert refused.exit_code == 2
    assert "already serves the store var/naru.db" in refused.stderr
    assert "NARU_STORE__URL" in refused.stderr


def test_an_older_schema(serve: Serve, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to run, and changes nothing by itself."""
    store.write_now(make_or_check)
    monkeypatch.setattr("hub.store.schema.newest", lambda: "0002")
    refused = serve()
    assert refused.exit_code == 2
    assert "run `naru migrate`" in refused.stderr


def test_a_port_in_use(serve: Serve) -> None:
    """It says which address and which variable sets another."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = serve(NARU_HTTP__PORT=str(port))
    assert refused.exit_code == 2
    assert f"cannot listen on 127.0.0.1:{port}: another program listens there. NARU_HTTP__PORT" in refused.stderr


def test_a_key_file_that_is_gone(serve: Serve, store: Store, tmp_path: Path) -> None:
    """A store that was sealed does not get a new key by itself: that would hide the loss of the old one."""
    store.write_now(make_or_check)
    Vault.open(store, tmp_path / "var" / "keys" / "kek")
    (tmp_path / "var" / "keys" / "kek").unlink()
    refused = serve()
    assert refused.exit_code == 2
    assert "kek" in refused.stderr
    assert not (tmp_path / "var" / "keys" / "kek").exists()


COMMANDS = (
    "serve", "migrate", "check", "centres list", "keys rotate", "purge", "store copy --to sqlite:///new.db",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_store_of_another_user(serve: Serve, store: Store, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """What root made, typed plainly, is named, with what to do: no traceback, and no defect in the log."""
    store.write_now(make_or_check)
    may = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode, **more: Path(path).name != "naru.db" and may(path, mode, **more)
    )
    refused = CliRunner().invoke(app, command.split())
    assert (refused.exit_code, "crashed" in refused.output) == (1 if command == "check" else 2, False)
    assert "var/naru.db cannot be written (PermissionError)" in refused.output
    assert "chown" in refused.output


@pytest.mark.parametrize(("place", "command"), [("naru.db.lock", "serve"), ("naru.db.purge.lock", "purge")])
def test_a_lock_of_another_user(
    serve: Serve, store: Store, monkeypatch: pytest.MonkeyPatch, place: str, command: str
) -> None:
    """A lock beside the store that may not be opened is named too."""
    opened = os.open

    def may_not(path: str, *rest: int, **more: int) -> int:
        if str(path).endswith(place):
            raise PermissionError
        return opened(path, *rest, **more)

    monkeypatch.setattr("hub.store.backends.os.open", may_not)
    refused = CliRunner().invoke(app, command.split())
    assert (refused.exit_code, "crashed" in refused.output) == (2, False)
    assert f"var/{place} cannot be written (PermissionError)" in refused.output


def test_a_key_file_of_another_user(serve: Serve, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says whose it may be, and what to do."""
    store.write_now(make_or_check)
    Vault.open(store, Path("var/keys/kek"))
    opened = Path.open

    def may_not(path: Path, *rest: Any, **more: Any) -> Any:
        if path.name == "kek":
            raise PermissionError
        return opened(path, *rest, **more)

    monkeypatch.setattr(Path, "open", may_not)
    refused = serve()
    assert refused.exit_code == 2
    assert "var/keys/kek cannot be read or made (PermissionError). If another user made it" in refused.stderr


def test_a_clock_that_does_not_answer(serve: Serve) -> None:
    """The virtual clock is asked at start; if it is not there, the hub does not guess the time."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/_mock/clock"
    refused = serve(NARU_MODE="mock", NARU_CLOCK__SOURCE=url)
    assert refused.exit_code == 2
    assert "clock.source: no clock answers there" in refused.stderr


def test_a_defect_is_logged_without_its_text(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks at start is named by its class and place; its text might quote anything."""

    def fail(*_: object) -> None:
        raise RuntimeError("8503031000000")

    monkeypatch.setattr("hub.wiring.build_agencies", fail)
    crashed = serve()
    assert crashed.exit_code == 1
    assert '"error": "RuntimeError"' in crashed.stderr
    assert "8503031000000" not in crashed.output


def test_a_postgresql_that_does_not_answer(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to look at; the password is not shown."""
    monkeypatch.setenv("NARU_STORE__URL", "postgresql://naru:s3cret@127.0.0.1:9/naru")
    refused = serve()
    assert refused.exit_code == 2
    assert "the store postgresql://naru:***@127.0.0.1:9/naru cannot be reached" in refused.stderr
    assert "s3cret" not in refused.output + refused.stderr
