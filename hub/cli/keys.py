"""`naru keys`: the key-encryption keys; a new one is made and takes the old one's place while the hub runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from hub.cli.starting import DEFAULT_CONFIG, Config, in_store, open_store, own_settings, refuse
from hub.clock import wall_now
from hub.settings import Settings
from hub.store.keks import Holder, KekState, count_wrapped, holders, states_of_keks
from hub.store.schema import SchemaError, make_or_check
from hub.store.store import Store, StoreBusyError, StoreUnreachableError
from hub.store.wall import wall_of
from hub.vault.keyring import KeyFileError, KeyRing, new_key_line
from hub.vault.rotating import NeverSealedError, Report, carry_out
from hub.vault.rotation import Rotation
from hub.vault.vault import was_sealed

app = typer.Typer(help="The keys that open the store.", no_args_is_help=True, add_completion=False)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")]
UNFINISHED = 3
"""The exit code of a rotation that goes on when it is called again."""
_ACTOR = "cli"


@app.command("rotate")
def rotate(
    finish: Annotated[bool, typer.Option("--finish", help="Go on with what was begun; begin nothing new.")] = False,
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait until every process has the new key.")] = 120,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Make a new key, wrap every data key by it while the hub runs, and retire the old one. May be run again."""
    settings = own_settings(config)
    with _opened(settings) as (store, ring):
        report = carry_out(Rotation(store, ring, wall_now, _ACTOR), ring, finish=finish, wait=wait)
    _tell(report, ring, as_json=as_json)
    if not report.is_finished:
        raise typer.Exit(UNFINISHED)


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the keys that the store knows of, what each has wrapped, and which processes hold which."""
    settings = own_settings(config)
    states, counts, there = in_store(settings, _known)
    held = settings.vault.open().kek_ids() if settings.vault.is_there else ()
    rows: list[dict[str, Any]] = [
        {"key": kek_id, "state": state, "case_keys": counts[kek_id][0], "hub_keys": counts[kek_id][1],
         "here": kek_id in held, "processes": [f"{one.host}:{one.pid}" for one in there if kek_id in one.kek_ids]}
        for kek_id, state in states.items()
    ]  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"keys": rows, "place": settings.vault.place}))
        return
    for row in rows:
        here = settings.vault.place if row["here"] else "not here"
        typer.echo(f"{row['key']}  {row['state']:<8} {row['case_keys']} cases  {row['hub_keys']} of the hub's  {here}")
        for process in row["processes"]:
            typer.echo(f"{'':<18}held by {process}")


@app.command("new")
def new() -> None:
    """Print a new key for NARU_VAULT__KEYS, which no command can change; it is kept nowhere."""
    typer.echo(new_key_line())


def _known(conn: Connection) -> tuple[dict[str, KekState], dict[str, tuple[int, int]], list[Holder]]:
    states = states_of_keks(conn)
    return states, {kek_id: count_wrapped(conn, kek_id) for kek_id in states}, holders(conn, wall_of(conn))


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Store, KeyRing]]:
    """Open the store beside whoever serves it, and the keys; refuse if another rotation runs."""
    store = open_store(settings)
    try:
        if store.is_shared:
            store.claim()
        store.write_now(make_or_check)
        with store.only_one("keys"):
            if not store.read_now(was_sealed):  # said before its key file is missed
                refuse("the store was never sealed: there is no key to rotate before a first start")
            yield store, settings.vault.open()
    except StoreBusyError:
        refuse("another `naru keys rotate` works on this store: nothing was done")
    except (KeyFileError, NeverSealedError, SchemaError, StoreUnreachableError) as error:
        refuse(str(error))
    except DBAPIError as error:  # its text may quote a row
        refuse(f"the store failed ({type(error.orig).__name__}): everything opens as before; run it again")
    finally:
        store.close()


def _tell(report: Report, ring: KeyRing, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_plain(report)))
        return
    for line in _lines(report, ring):
        typer.echo(line)


def _plain(report: Report) -> dict[str, Any]:
    return {
        "new": report.new, "case_keys": report.did.case_keys, "hub_keys": report.did.hub_keys,
        "broken": report.did.broken, "retired": report.retired, "still_needed": report.still_needed,
        "apart": [str(path) for path in report.apart],
        "waits_for": [{"host": one.host, "pid": one.pid} for one in report.waits_for],
    }  # fmt: skip


def _lines(report: Report, ring: KeyRing) -> Iterator[str]:
    if report.new:
        yield f"new key {report.new} in {ring.name}"
    if report.waits_for:
        yield "It wraps nothing yet: these processes do not have it."
        yield from (f"  {one.host}, process {one.pid}" for one in report.waits_for)
        yield f"Copy {ring.name} to their machines (0600); they take it up by themselves. Then run this again."
        return
    did = report.did
    yield f"{did.case_keys} case keys and {did.hub_keys} of the hub's own were wrapped anew"
    if did.broken:
        yield f"{did.broken} data keys are damaged: their own key does not open them. They were left as they are."
    for kek_id in report.still_needed:
        why = "for the damaged ones" if did.broken else "run this again"
        yield f"the old key {kek_id} is still needed, and is not retired: {why}"
    for kek_id in report.retired:
        yield f"retired {kek_id}: nothing in the store is wrapped by it"
    for path in report.apart:
        yield f"moved out of the key file: {path}"
    if report.retired or report.apart:
        yield "Backups from before this need the retired key. Keep it apart from them, as long as they are kept:"
        yield "destroy it, and they are destroyed too. Back up the key file anew now, and copy it to every machine."
