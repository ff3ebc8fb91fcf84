"""`naru operators`: who runs the hub as a whole, and their API keys. They pause agencies for all, and see no client."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from sqlalchemy import Connection

from hub.access.keys import IssuedKey
from hub.access.operators import (
    OperatorExistsError,
    UnfitScopeError,
    UnknownOperatorError,
    add_operator,
    add_operator_key,
    list_operators,
)
from hub.access.scopes import OF_THE_HUB, ROLES, Role, Scope
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

app = typer.Typer(help="Who runs the hub, and their API keys.", no_args_is_help=True, add_completion=False)
_OPERATOR = ROLES[Role.OPERATOR] & OF_THE_HUB


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="An office or a system, such as 전산팀; no person.", metavar="NAME")],
    scope: Scopes = None,
    role: Roles = None,
    expires: Expires = None,
    days: Days = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Add an operator of the hub and make its first key: by default one that pauses and resumes agencies."""
    now = wall_now()
    scopes, expires_at = _scopes(scope, role), expiry(now, expires, days)

    def work(conn: Connection) -> tuple[str, IssuedKey]:
        operator_id = add_operator(conn, name, now)
        note_added(conn, operator_id, Action.OPERATOR_ADDED, now)
        issued = add_operator_key(conn, operator_id, scopes, now, expires_at)
        note_issued(conn, operator_id, issued, now)
        return operator_id, issued

    check_name(name, "an operator")
    settings = own_settings(config)
    try:
        operator_id, issued = in_store(settings, work)
    except (OperatorExistsError, UnfitScopeError) as error:
        refuse(str(error))
    show_key("operator", operator_id, issued, as_json=as_json)


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the operators and their live keys: prefix, scopes, last day."""
    found = in_store(own_settings(config), lambda conn: list_operators(conn, wall_now()))
    if as_json:
        operators = [{"id": one.id, "name": one.name, "created_at": one.created_at.isoformat(),
                      "keys": keys_in_json(one.keys)} for one in found]  # fmt: skip
        typer.echo(json.dumps({"operators": operators}, ensure_ascii=False))
        return
    for one in found:
        typer.echo(f"{one.id}  {one.name}")
        for line in keys_in_lines(one.keys):
            typer.echo(line)


@app.command("key")
def key(
    operator: Annotated[str, typer.Argument(help="The operator's id (opr_…).", metavar="OPERATOR")],
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
    """Make another key for an operator, replace one, or revoke one."""
    now = wall_now()
    scopes, expires_at = _scopes(scope, role), expiry(now, expires, days)
    settings = own_settings(config)
    if revoked is not None:
        in_store(settings, revocation(operator, revoked, now))
        typer.echo(f"revoked {revoked}")
        return
    if rotated is not None:
        if scope or role:
            refuse("a replaced key keeps its scopes: make another key for others")
        issued, ends = in_store(settings, rotation(operator, rotated, now, overlap, expires_at))
        show_key("operator", operator, issued, as_json=as_json, old_until=ends)
        return

    def issue(conn: Connection) -> IssuedKey:
        made = add_operator_key(conn, operator, scopes, now, expires_at)
        note_issued(conn, operator, made, now)
        return made

    try:
        issued = in_store(settings, issue)
    except (UnknownOperatorError, UnfitScopeError) as error:
        refuse(str(error))
    show_key("operator", operator, issued, as_json=as_json)


def _scopes(scopes: list[Scope] | None, roles: list[Role] | None) -> frozenset[Scope]:
    """Return what the options name; of a role what a caller without a centre can have. Without options: an operator's.

    A role of which nothing is left gives nothing, which is refused where the key is made.
    """
    if not scopes and not roles:
        return _OPERATOR
    return wanted_scopes(scopes, None) | (wanted_scopes(None, roles) & OF_THE_HUB)
