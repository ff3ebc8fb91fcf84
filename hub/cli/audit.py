"""`naru audit`: exports of the audit trail, the monthly review of accesses, and verifying, with or without a store."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

from adapters.sdk.kst import KST
from hub.audit.accesses import accesses, centre_names, month
from hub.audit.checkpoints import CheckpointFile, read_checkpoints
from hub.audit.entries import Action, record
from hub.audit.exporting import NoExportError, Period, export, verify_export, verify_store
from hub.audit.review import OfficeHours, review
from hub.audit.review_csv import review_csv
from hub.audit.signing import AuditKeyError, PublicKeys, SigningKey
from hub.audit.verifying import Report
from hub.cli.starting import DEFAULT_CONFIG, Config, in_store, open_store, own_settings, refuse
from hub.clock import wall_now
from hub.settings import Settings
from hub.store.store import Store
from hub.store.wall import wall_of

app = typer.Typer(help="The audit trail.", no_args_is_help=True, add_completion=False)

T = TypeVar("T")
_DAY = ["%Y-%m-%d"]
_SHOWN = 50
_ACTOR = "cli"


@app.callback()
def audit() -> None:
    """The audit trail: who did what to whose data, by which decision."""


@app.command("export")
def export_entries(
    begin: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="The first day, in Korea.")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="The last day, in Korea.")] = None,
    review_of: Annotated[
        str | None, typer.Option("--access-review", metavar="YYYY-MM", help="A month's accesses as CSV instead.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A file that is not there yet; standard output otherwise.")] = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Write entries with their chain as JSON Lines, or the monthly review of accesses (월별 접속기록 점검)."""
    if review_of is not None and (begin or end):
        refuse("--access-review is of a whole month: leave --from and --to out")
    if begin and end and end < begin:
        refuse("--to is before --from: no day lies between them")
    settings = own_settings(config)
    if review_of is not None:
        _write_review(settings, review_of, out)
        return
    key = _key_of(settings)
    period = Period(_midnight(begin), _midnight(end, days=1))
    shown: dict[str, object] = {"from": begin and f"{begin:%Y-%m-%d}", "to": end and f"{end:%Y-%m-%d}"}
    _note(settings, Action.AUDIT_EXPORTED, shown)

    def write(store: Store) -> None:
        at = datetime.fromtimestamp(store.read_now(wall_of), UTC)
        store.read_now(lambda conn: _put(out, (f"{line}\n" for line in export(conn, period, key, at))))

    _on_store(settings, write)


@app.command("verify")
def verify(
    exported: Annotated[
        Path | None, typer.Argument(metavar="EXPORT", help="An export; the store itself without.")
    ] = None,
    checkpoints: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint file, or a folder of them; again for each machine.")
    ] = None,
    public_key: Annotated[list[Path] | None, typer.Option(help="A PEM file; again for each key.")] = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Verify the chain against itself and its checkpoints. Ends with 0: intact, 1: not, 2: it could not be verified."""
    if exported is not None:
        if not checkpoints or not public_key:
            refuse("an export is verified with --checkpoints and --public-key")
        files, keys = _read_all(checkpoints), _keys(public_key)
        try:
            with exported.open(encoding="utf-8", errors="replace", newline="\n") as lines:
                report = verify_export(lines, files, keys)
        except (OSError, NoExportError) as error:
            refuse(f"{exported} cannot be verified: {error if isinstance(error, NoExportError) else error.strerror}")
    else:
        settings = own_settings(config)
        keys = _keys(public_key) if public_key else _key_of(settings).public
        files = _read_all(checkpoints or [settings.audit.folder])
        report = _on_store(settings, lambda store: store.read_now(partial(verify_store, files=files, keys=keys)))
    _tell(report)
    raise typer.Exit(0 if report.is_intact else 1)


@app.command("public-key")
def public_key(config: Config = DEFAULT_CONFIG) -> None:
    """Print the public key that this machine's checkpoints are verified with, as PEM: an auditor keeps it."""
    typer.echo(_key_of(own_settings(config)).public.pem, nl=False)


def _write_review(settings: Settings, text: str, out: Path | None) -> None:
    try:
        begin, end = month(text)
    except ValueError:
        refuse("--access-review names a month as YYYY-MM")
    audit, calendar = settings.audit, settings.calendar.working_days
    hours = OfficeHours(audit.office_opens, audit.office_closes, calendar)
    _note(settings, Action.ACCESS_REVIEWED, {"month": text})

    def table(conn: Connection) -> str:
        return review_csv(review(accesses(conn, begin, end), hours, audit.bulk_persons), centre_names(conn))

    _put(out, [_on_store(settings, lambda store: store.read_now(table))])


def _note(settings: Settings, action: Action, data: dict[str, object]) -> None:
    """Reading the record is an entry of it."""
    _check_store(settings)
    in_store(settings, lambda conn: record(conn, at=wall_now(), actor=_ACTOR, action=action, data=data))


def _on_store(settings: Settings, work: Callable[[Store], T]) -> T:
    """Do something with a store that others may be serving."""
    _check_store(settings)
    in_store(settings, lambda _: None)  # refuses one that is not ours, or not there
    store = open_store(settings)
    try:
        return work(store)
    except DBAPIError as error:  # its text may quote a row
        refuse(f"the store failed ({type(error.orig).__name__})")
    finally:
        store.close()


def _check_store(settings: Settings) -> None:
    """Refuse a file that is not there, which opening it would make."""
    if not settings.store.is_shared and not Path(make_url(settings.store.url).database or "").exists():
        refuse(f"there is no store {settings.store.shown}")


def _key_of(settings: Settings) -> SigningKey:
    try:
        return settings.audit.open_key(create=False)
    except AuditKeyError as error:
        refuse(str(error))


def _keys(paths: Iterable[Path]) -> PublicKeys:
    try:
        return PublicKeys.from_files(paths)
    except AuditKeyError as error:
        refuse(str(error))


def _read_all(places: Iterable[Path]) -> list[CheckpointFile]:
    files: list[CheckpointFile] = []
    for place in places:
        try:
            if not place.exists():
                refuse(f"there are no checkpoints {place}")
            files += read_checkpoints(place)
        except OSError as error:
            refuse(f"the checkpoints {place} cannot be read ({error.strerror})")
    return files


def _put(out: Path | None, texts: Iterable[str]) -> None:
    if out is None:
        sys.stdout.writelines(texts)
        sys.stdout.flush()
        return
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        refuse(f"{out} cannot be made ({error.strerror})")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.writelines(texts)


def _midnight(day: datetime | date | None, days: int = 0) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time(), KST) + timedelta(days=days)


def _tell(report: Report) -> None:
    for finding in report.findings[:_SHOWN]:
        typer.echo(f"FOUND     {finding}")
    if len(report.findings) > _SHOWN:
        typer.echo(f"FOUND     and {len(report.findings) - _SHOWN} more")
    for note in report.notes:
        typer.echo(f"note      {note}")
    if report.unsealed:
        typer.echo(f"note      {report.unsealed} entries are not sealed yet")
    typer.echo(f"entries   {report.count}, places {report.first} to {report.last}")
    behind = report.last - max(report.covered_to, report.first - 1)
    typer.echo(f"vouched   {report.checkpoints} checkpoints, to place {report.covered_to}; {behind} entries after it")
    typer.echo("intact" if report.is_intact else f"NOT intact: {len(report.findings)} findings")
