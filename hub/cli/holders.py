"""The commands of `naru centres` and `naru operators`: who may call, and their API keys, each shown when it is made.

Annotations are read when a command is made, since they hold its own words: so they are not put off here.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

import typer
from sqlalchemy import Connection

from hub.access.holders import (
    HolderExistsError,
    Kind,
    UnfitScopeError,
    UnknownHolderError,
    add_holder,
    add_key,
    list_holders,
)
from hub.access.keys import IssuedKey
from hub.access.scopes import Role, Scope
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

T = TypeVar("T")


@dataclass(frozen=True)
class Words:
    """What the help of one kind's commands says. `one` and `many` name its argument and its list."""

    one: str
    many: str
    app: str
    name: str
    add: str
    added: Action


def holders_app(kind: Kind, words: Words) -> typer.Typer:
    """Return the commands add, list and key of one kind of holders."""
    app = typer.Typer(help=words.app, no_args_is_help=True, add_completion=False)
    _command_add(app, kind, words)
    _command_list(app, kind, words)
    _command_key(app, kind, words)
    return app


def _command_add(app: typer.Typer, kind: Kind, words: Words) -> None:
    @app.command("add", help=words.add)
    def add(
        name: Annotated[str, typer.Argument(help=words.name, metavar="NAME")],
        scope: Scopes = None,
        role: Roles = None,
        expires: Expires = None,
        days: Days = None,
        config: Config = DEFAULT_CONFIG,
        as_json: AsJson = False,
    ) -> None:
        now = wall_now()
        scopes, expires_at = _scopes(kind, scope, role), expiry(now, expires, days)

        def work(conn: Connection) -> tuple[str, IssuedKey]:
            holder = add_holder(conn, kind, name, now)
            note_added(conn, holder, words.added, now)
            issued = add_key(conn, kind, holder, now, expires_at, scopes)
            note_issued(conn, holder, issued, now)
            return holder, issued

        check_name(name, kind.word)
        holder, issued = _in_store(config, work)
        show_key(words.one, holder, issued, as_json=as_json)


def _command_list(app: typer.Typer, kind: Kind, words: Words) -> None:
    @app.command("list", help=f"List the {words.many} and their live keys: prefix, scopes, last day.")
    def listing(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
        found = in_store(own_settings(config), lambda conn: list_holders(conn, kind, wall_now()))
        if as_json:
            said = [{"id": one.id, "name": one.name, "created_at": one.created_at.isoformat(),
                     "keys": keys_in_json(one.keys)} for one in found]  # fmt: skip
            typer.echo(json.dumps({words.many: said}, ensure_ascii=False))
            return
        for one in found:
            typer.echo(f"{one.id}  {one.name}")
            for line in keys_in_lines(one.keys):
                typer.echo(line)


def _command_key(app: typer.Typer, kind: Kind, words: Words) -> None:
    about = f"The {words.one}'s id ({kind.prefix}_…)."

    @app.command("key", help=f"Make another key for {kind.word}, replace one, or revoke one.")
    def key(
        holder: Annotated[str, typer.Argument(help=about, metavar=words.one.upper())],
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
        now = wall_now()
        scopes, expires_at = _scopes(kind, scope, role), expiry(now, expires, days)
        if revoked is not None:
            _in_store(config, revocation(holder, revoked, now))
            typer.echo(f"revoked {revoked}")
            return
        if rotated is not None:
            if scope or role:
                refuse("a replaced key keeps its scopes: make another key for others")
            issued, ends = _in_store(config, rotation(holder, rotated, now, overlap, expires_at))
            show_key(words.one, holder, issued, as_json=as_json, old_until=ends)
            return

        def issue(conn: Connection) -> IssuedKey:
            made = add_key(conn, kind, holder, now, expires_at, scopes)
            note_issued(conn, holder, made, now)
            return made

        show_key(words.one, holder, _in_store(config, issue), as_json=as_json)


def _in_store(config: Config, work: Callable[[Connection], T]) -> T:
    """Run a transaction; refuse what cannot be done, in its own words."""
    try:
        return in_store(own_settings(config), work)
    except (HolderExistsError, UnknownHolderError, UnfitScopeError) as error:
        refuse(str(error))


def _scopes(kind: Kind, scopes: list[Scope] | None, roles: list[Role] | None) -> frozenset[Scope]:
    """Return what the options name, of a role what this kind of caller can have; without options what is usual.

    A role of which nothing is left gives nothing, which is refused where the key is made.
    """
    if not scopes and not roles:
        return kind.usual
    return wanted_scopes(scopes, None) | (wanted_scopes(None, roles) & kind.allowed)
