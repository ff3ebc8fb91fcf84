from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
from api_bench import Bench
from sqlalchemy import text

from hub.api.app import build_app
from hub.vault.key_file import KeyFile
from hub.vault.vault import Vault


async def test_alive_without_a_look(bench: Bench) -> None:
    """The process says that it lives, to anybody."""
    reply = await bench.nobody.get("/livez")

    assert (reply.status_code, reply.json()) == (200, {"status": "alive"})


async def test_ready_when_all_parts_work(bench: Bench) -> None:
    """With the engine running the hub is ready; a broken agency is named and does not make it unready."""
    async with bench.engine_running():
        reply = await bench.nobody.get("/readyz")
        while reply.status_code != 200:
            reply = await bench.nobody.get("/readyz")

    assert reply.json()["status"] == "ready"
    assert reply.json()["broken_agencies"] == ["wreck"]


async def test_not_ready_without_an_engine(bench: Bench) -> None:
    """Without a running engine nothing would be sent: not ready, and the part is named."""
    reply = await bench.nobody.get("/readyz")

    assert (reply.status_code, reply.json()["engine"], reply.json()["store"]) == (503, "failed", "ok")


async def test_not_ready_on_another_schema(bench: Bench) -> None:
    """A store of another version is not served."""
    bench.services.store.write_now(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = 'x'")))
    told = (await bench.nobody.get("/readyz")).json()

    assert (told["status"], told["schema_version"]) == ("not_ready", "failed")


async def test_not_ready_with_another_key_file(bench: Bench, tmp_path: Path) -> None:
    """A key file that does not open the store is told without a word about the key."""
    vault = Vault(
        KeyFile.open(tmp_path / "other" / "kek"), inbox_key=b"i" * 32, blind_index_key=b"b" * 32, notices_key=b"n" * 32
    )
    app = build_app(replace(bench.services, vault=vault))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub.test") as ask:
        told = (await ask.get("/readyz")).json()

    assert (told["status"], told["vault"]) == ("not_ready", "failed")
