"""`naru centres`: the centres that may call, and their API keys. A key is shown once, when it is made."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from sqlalchemy import Connection

from hub.access.centres import CentreExistsError, UnknownCentreError, add_centre, add_key, list_centres
from hub.access.keys import IssuedKey
from hub.access.scopes import APPLICATION
from hub.audit.entries import Action
from hub.cli.issuing import (
    OVERLAP_HOURS,
    AsJson,
    Days,
    Expires,
    Overlap,
    Revoked,
    Roles,
    Rotated,
    Scopes,
    check_name,
    expiry,
    keys_in_json,
    keys_in_lines,
    note_added,
    note_issued,
    revocation,
    rotation,
    show_key,
    wanted_scopes,
)
from hub.cli.starting import DEFAULT_CONFIG, Config, in_store, own_settings, refuse
from hub.clock import wall_now

app = typer.Typer(help="The centres that may call, and their API keys.", no_args_is_help=True, add_completion=False)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The centre's name, such as 의정부센터.", metavar="NAME")],
    scope: Scopes = None,
    role: Roles = None,
    expires: Expires = None,
    days: Days = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Add a centre and make its first key: by default one for its application, which opens all but the audit."""
    now = wall_now()
    scopes, expires_at = wanted_scopes(scope, role) or APPLICATION, expiry(now, expires, days)

    def work(conn: Connection) -> tuple[str, IssuedKey]:
        centre_id = add_centre(conn, name, now)
        note_added(conn, centre_id, Action.CENTRE_ADDED, now)
        issued = add_key(conn, centre_id, now, expires_at, scopes)
        note_issued(conn, centre_id, issued, now)
        return centre_id, issued

    check_name(name, "a centre")
    settings = own_settings(config)
    try:
        centre_id, issued = in_store(settings, work)
    except CentreExistsError as error:
        refuse(str(error))
    show_key("centre", centre_id, issued, as_json=as_json)


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the centres and their live keys: prefix, scopes, last day."""
    found = in_store(own_settings(config), lambda conn: list_centres(conn, wall_now()))
    if as_json:
        centres = [{"id": centre.id, "name": centre.name, "created_at": centre.created_at.isoformat(),
                    "keys": keys_in_json(centre.keys)} for centre in found]  # fmt: skip
        typer.echo(json.dumps({"centres": centres}, ensure_ascii=False))
        return
    for centre in found:
        typer.echo(f"{centre.id}  {centre.name}")
        for line in keys_in_lines(centre.keys):
            typer.echo(line)


@app.command("key")
def key(
    centre: Annotated[str, typer.Argument(help="The centre's id (ctr_…).", metavar="CENTRE")],
    scope: Scopes = None,
    role: Roles = None,
    expires: Expires = None,
    days: Days = None,
    rotated: Rotated = None,
    overlap: Overlap = OVERLAP_HOURS,
    revoked: Revoked = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Make another key for a centre, replace one, or revoke one."""
    now = wall_now()
    scopes, expires_at = wanted_scopes(scope, role), expiry(now, expires, days)
    settings = own_settings(config)
    if revoked is not None:
        in_store(settings, revocation(centre, revoked, now))
        typer.echo(f"revoked {revoked}")
        return
    if rotated is not None:
        if scopes:
            refuse("a replaced key keeps its scopes: make another key for others")
        issued, ends = in_store(settings, rotation(centre, rotated, now, overlap, expires_at))
        show_key("centre", centre, issued, as_json=as_json, old_until=ends)
        return

    def issue(conn: Connection) -> IssuedKey:
        made = add_key(conn, centre, now, expires_at, scopes or APPLICATION)
        note_issued(conn, centre, made, now)
        return made

    try:
        issued = in_store(settings, issue)
    except UnknownCentreError as error:
        refuse(str(error))
    show_key("centre", centre, issued, as_json=as_json)
