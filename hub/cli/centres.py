"""`naru centres`: the centres that may call, and their API keys. A key is shown once, when it is made."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import Connection

from hub.access.centres import CentreExistsError, IssuedKey, UnknownCentreError, add_centre, add_key, list_centres
from hub.access.centres import revoke_key as revoke
from hub.audit.entries import Action, record
from hub.cli.starting import DEFAULT_CONFIG, Config, find_adapters, in_store, refuse, settings_of
from hub.clock import wall_now

app = typer.Typer(help="The centres that may call, and their API keys.", no_args_is_help=True, add_completion=False)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")]
_ACTOR = "cli"


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The centre's name, such as 의정부센터.", metavar="NAME")],
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Add a centre and make its first key."""
    now = wall_now()

    def work(conn: Connection) -> tuple[str, IssuedKey]:
        centre_id = add_centre(conn, name, now)
        record(conn, at=now, actor=_ACTOR, action=Action.CENTRE_ADDED, centre_id=centre_id)
        return centre_id, _issue(conn, centre_id, now, None)

    if not 1 <= len(name.strip()) <= 200:  # noqa: PLR2004 - the column's width
        refuse("a centre's name has 1 to 200 characters")
    settings = settings_of(config, find_adapters())
    try:
        centre_id, key = in_store(settings, work)
    except CentreExistsError as error:
        refuse(str(error))
    _show(centre_id, key, as_json=as_json)


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the centres and the prefixes of their live keys."""
    found = in_store(settings_of(config, find_adapters()), list_centres)
    if as_json:
        centres = [{"id": c.id, "name": c.name, "created_at": c.created_at.isoformat(), "keys": c.key_prefixes}
                   for c in found]  # fmt: skip
        typer.echo(json.dumps({"centres": centres}, ensure_ascii=False))
        return
    for centre in found:
        typer.echo(f"{centre.id}  {centre.name}  keys: {', '.join(centre.key_prefixes) or 'none'}")


@app.command("key")
def key(
    centre: Annotated[str, typer.Argument(help="The centre's id (ctr_…).", metavar="CENTRE")],
    days: Annotated[int | None, typer.Option(min=1, help="Let the key expire after so many days.")] = None,
    revoked: Annotated[str | None, typer.Option("--revoke", help="Revoke the key of this prefix instead.")] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Make another key for a centre, or revoke one."""
    now = wall_now()
    settings = settings_of(config, find_adapters())
    if revoked is not None:
        if not in_store(settings, lambda conn: _revoke(conn, centre, revoked, now)):
            refuse(f"{centre} has no live key {revoked}")
        typer.echo(f"revoked {revoked}")
        return
    expires_at = None if days is None else now + timedelta(days=days)
    try:
        issued = in_store(settings, lambda conn: _issue(conn, centre, now, expires_at))
    except UnknownCentreError as error:
        refuse(str(error))
    _show(centre, issued, as_json=as_json)


def _issue(conn: Connection, centre_id: str, now: datetime, expires_at: datetime | None) -> IssuedKey:
    issued = add_key(conn, centre_id, now, expires_at)
    data = {"key": issued.id}
    record(conn, at=now, actor=_ACTOR, action=Action.KEY_ISSUED, centre_id=centre_id, data=data)
    return issued


def _revoke(conn: Connection, centre_id: str, prefix: str, now: datetime) -> bool:
    own = {found for centre in list_centres(conn) if centre.id == centre_id for found in centre.key_prefixes}
    if prefix not in own or not revoke(conn, prefix, now):
        return False
    record(conn, at=now, actor=_ACTOR, action=Action.KEY_REVOKED, centre_id=centre_id, data={"prefix": prefix})
    return True


def _show(centre_id: str, issued: IssuedKey, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"centre": centre_id, "key_id": issued.id, "key": issued.text}))
        return
    typer.echo(f"centre  {centre_id}")
    typer.echo(f"key     {issued.text}")
    typer.echo("The key is shown this once; the hub keeps only its SHA-256.", err=True)
