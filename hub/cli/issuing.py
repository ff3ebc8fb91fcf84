"""What `naru centres` and `naru operators` share about API keys: options, what they mean, how a key is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from adapters.sdk.kst import KST
from hub.access.keys import IssuedKey, LiveKey, UnknownKeyError, revoke_key, rotate_key
from hub.access.scopes import ROLES, Role, Scope, in_text
from hub.audit.entries import Action, record
from hub.cli.starting import refuse

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")]
Scopes = Annotated[
    list[Scope] | None,
    typer.Option("--scope", help="What the key opens; several times for several.", show_default=False),
]
Roles = Annotated[
    list[Role] | None, typer.Option("--role", help="The scopes of a role, beside those of --scope.", show_default=False)
]
Expires = Annotated[
    datetime | None,
    typer.Option("--expires", formats=["%Y-%m-%d"], metavar="DATE", help="The key's last day in Korea."),
]
Days = Annotated[int | None, typer.Option("--days", min=1, help="The same, in so many days from now.")]
Rotated = Annotated[
    str | None, typer.Option("--rotate", metavar="PREFIX", help="Replace this key: a new one of the same scopes.")
]
Overlap = Annotated[
    float, typer.Option("--overlap", min=0, max=24 * 90, metavar="HOURS", help="How long a replaced key lives on.")
]
Revoked = Annotated[str | None, typer.Option("--revoke", metavar="PREFIX", help="End this key at once instead.")]
OVERLAP_HOURS = 24.0
_ACTOR = "cli"


def wanted_scopes(scopes: Iterable[Scope] | None, roles: Iterable[Role] | None) -> frozenset[Scope]:
    """Return what the options name together; nothing if they name nothing."""
    return frozenset(scopes or ()).union(*(ROLES[role] for role in roles or ()))


def expiry(now: datetime, day: datetime | None, days: int | None) -> datetime | None:
    """Return when a key ends: after the day in Korea, after so many days, or never."""
    if day is not None and days is not None:
        refuse("--expires and --days say the same thing: give one of them")
    if days is not None:
        return now + timedelta(days=days)
    if day is None:
        return None
    end = datetime.combine(day.date() + timedelta(days=1), time(), KST)
    if end <= now:
        refuse("--expires is in the past")
    return end


def note_issued(conn: Connection, holder: str, issued: IssuedKey, now: datetime) -> None:
    """Write down that a key was issued, and what it opens."""
    data = {"key": issued.id, "holder": holder, "scopes": sorted(issued.scopes)}
    record(conn, at=now, actor=_ACTOR, action=Action.KEY_ISSUED, centre_id=_centre(holder), data=data)


def note_added(conn: Connection, holder: str, action: Action, now: datetime) -> None:
    """Write down that a centre or an operator was added."""
    record(conn, at=now, actor=_ACTOR, action=action, centre_id=_centre(holder), data={"holder": holder})


def rotation(
    holder: str, prefix: str, now: datetime, overlap: float, expires_at: datetime | None
) -> Callable[[Connection], tuple[IssuedKey, datetime]]:
    """Return the transaction that rotates a key; it refuses if the holder has no such key."""

    def rotate(conn: Connection) -> tuple[IssuedKey, datetime]:
        try:
            issued, ends = rotate_key(conn, holder, prefix, now, timedelta(hours=overlap), expires_at)
        except UnknownKeyError as error:
            refuse(str(error))
        data = {"key": issued.id, "holder": holder, "replaces": prefix, "until": ends.isoformat()}
        record(conn, at=now, actor=_ACTOR, action=Action.KEY_ROTATED, centre_id=_centre(holder), data=data)
        return issued, ends

    return rotate


def revocation(holder: str, prefix: str, now: datetime) -> Callable[[Connection], None]:
    """Return the transaction that revokes a key; it refuses if the holder has no such key."""

    def revoke(conn: Connection) -> None:
        if not revoke_key(conn, prefix, now, holder):
            refuse(f"{holder} has no live key {prefix}")
        data = {"prefix": prefix, "holder": holder}
        record(conn, at=now, actor=_ACTOR, action=Action.KEY_REVOKED, centre_id=_centre(holder), data=data)

    return revoke


def show_key(kind: str, holder: str, issued: IssuedKey, *, as_json: bool, old_until: datetime | None = None) -> None:
    """Print a key that was just issued, this once."""
    if as_json:
        said: dict[str, Any] = {kind: holder, "key_id": issued.id, "prefix": issued.prefix, "key": issued.text}
        said |= {"scopes": sorted(issued.scopes), "expires_at": _iso(issued.expires_at)}
        said |= {} if old_until is None else {"old_until": _iso(old_until)}
        typer.echo(json.dumps(said))
        return
    typer.echo(f"{kind:<9} {holder}")
    typer.echo(f"key       {issued.text}")
    typer.echo(f"prefix    {issued.prefix}")
    typer.echo(f"scopes    {in_text(issued.scopes)}")
    typer.echo(f"expires   {_moment(issued.expires_at)}")
    if old_until is not None:
        typer.echo(f"old key   good until {_moment(old_until)}")
    typer.echo("The key is shown this once; the hub keeps only its SHA-256.", err=True)


def keys_in_lines(keys: Collection[LiveKey]) -> Iterator[str]:
    """Yield a line for each key, without its secret."""
    for key in keys:
        yield f"  {key.prefix}  {in_text(key.scopes) or 'opens nothing'}  expires {_moment(key.expires_at)}"
    if not keys:
        yield "  no key"


def keys_in_json(keys: Collection[LiveKey]) -> list[dict[str, Any]]:
    """Return what is shown of keys to a program."""
    return [
        {
            "prefix": key.prefix,
            "scopes": sorted(key.scopes),
            "created_at": key.created_at.isoformat(),
            "expires_at": _iso(key.expires_at),
        }
        for key in keys
    ]


def check_name(name: str, what: str) -> None:
    """Refuse a name that the column cannot hold."""
    if not 1 <= len(name.strip()) <= 200:  # noqa: PLR2004 - the column's width
        refuse(f"{what}'s name has 1 to 200 characters")


def _centre(holder: str) -> str | None:
    return holder if holder.startswith("ctr_") else None


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment.astimezone(KST):%Y-%m-%d %H:%M} KST"
