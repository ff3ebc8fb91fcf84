"""What `/readyz` looks at: can the hub keep what it would promise? Each part is looked at by using it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy import Connection

from hub.agencies import AgencyState
from hub.api.views import Check, Intake, ReadyView
from hub.store.lanes import paused_lanes
from hub.store.schema import newest, revision_of
from hub.wiring import Services


async def how_ready(hub: Services) -> ReadyView:
    """Look at every part; a part that is ill does not keep the others from being looked at."""
    store = await _check(lambda: hub.store.write(_takes_writes))
    schema = await _check(lambda: hub.store.read(_has_newest_schema))
    vault = await _check(lambda: hub.store.read(hub.vault.still_opens))
    engine: Check = "ok" if hub.engine.running else "failed"
    paused = await hub.store.read(paused_lanes) if schema == "ok" else {}
    well = {store, schema, vault, engine} == {"ok"}
    return ReadyView(
        status="ready" if well else "not_ready",
        store=store,
        schema_version=schema,
        vault=vault,
        engine=engine,
        intake=await _intake(hub),
        broken_agencies=tuple(slug for slug, agency in hub.agencies.items() if agency.state is AgencyState.BROKEN),
        paused_agencies=tuple(sorted(paused)),
    )


async def _check(look: Callable[[], Awaitable[bool]]) -> Check:
    try:
        return "ok" if await look() else "failed"
    except Exception:  # noqa: BLE001 - whatever ails a part, the answer is that it is ill
        return "failed"


async def _intake(hub: Services) -> Intake:
    try:
        shortage = await hub.doorkeeper.shortage()
    except Exception:  # noqa: BLE001 - the same
        return "failed"
    return "open" if shortage is None else shortage.value


def _takes_writes(conn: Connection) -> bool:
    """Write something that changes nothing: a full disk or a lost right to write shows here, before it is promised."""
    harmless = {"sqlite": "PRAGMA user_version = 1", "postgresql": "UPDATE lanes SET agency = agency WHERE false"}
    conn.exec_driver_sql(harmless[conn.dialect.name])
    return True


def _has_newest_schema(conn: Connection) -> bool:
    return revision_of(conn) == newest()
