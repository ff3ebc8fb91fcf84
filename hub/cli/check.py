"""`naru check`: what is configured, without secrets, and what is wrong with it. Changes nothing, calls nobody."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import typer
from pydantic import BaseModel, SecretBytes, SecretStr
from sqlalchemy import make_url

from adapters.sdk import Gate
from adapters.sdk.catalogue import installed_catalogues
from adapters.sdk.kst import kst_today
from hub.access.keys import endless_keys
from hub.agencies import Agencies, Agency, AgencyState
from hub.audit.signing import AuditKeyError
from hub.catalogue.library import Holding, Library, build_library
from hub.cli.starting import DEFAULT_CONFIG, Config, find_adapters
from hub.clock import wall_now
from hub.configuration import SettingsError, read_settings
from hub.settings import Mode, Settings
from hub.store.keks import needed_keks
from hub.store.schema import SchemaError, newest, revision_of
from hub.store.store import Store, StoreUnreachableError
from hub.vault.keyring import KeyFileError, KeyRing, lacking
from hub.vault.vault import was_sealed
from hub.wiring import build_agencies
from schemas.services import SERVICES

app = typer.Typer(add_completion=False)


@app.command()
def check(config: Config = DEFAULT_CONFIG) -> None:
    """Print the configuration without secrets, warnings, and every problem; end with 1 if there is a problem."""
    installed = find_adapters()
    try:
        settings = read_settings(config, os.environ, installed)
    except SettingsError as error:
        problems = list(error.problems)
    else:
        agencies = build_agencies(settings.adapters, installed, Gate())
        library = build_library(settings.catalogues, installed_catalogues(), settings.catalogue, Gate(), wall_now)
        _print(config, settings, agencies, library)
        problems = list(find_problems(settings, agencies, library))
    for problem in problems:
        typer.echo(f"PROBLEM   {problem}")
    if problems:
        raise typer.Exit(1)
    typer.echo("no problems")


def find_problems(settings: Settings, agencies: Agencies, library: Library) -> Iterator[str]:
    """Yield what is wrong beyond the settings themselves: broken adapters, the store's schema, the key files."""
    installed: dict[str, Agency | Holding] = {**agencies, **library}
    for slug, one in installed.items():
        if one.state is AgencyState.BROKEN:
            yield f"{slug} is broken: {one.why}"
    try:
        ring = settings.vault.open() if settings.vault.is_there else None
    except KeyFileError as error:
        yield str(error)
        ring = None
    try:
        if settings.audit.is_there:
            settings.audit.open_key(create=False)
    except AuditKeyError as error:
        yield str(error)
    if _is_there(settings):
        yield from _store_problems(settings, ring)


def _store_problems(settings: Settings, ring: KeyRing | None) -> Iterator[str]:
    try:
        store = Store(settings.store.url)
    except StoreUnreachableError as error:
        yield str(error)
        return
    try:
        if store.is_shared:
            store.claim()
        revision = store.read_now(revision_of)
        if revision not in {None, newest()}:
            yield f"the store's schema is {revision}, this naru works with {newest()}: run `naru migrate`"
        elif revision is None:
            return
        elif ring is None and not settings.vault.is_there and store.read_now(was_sealed):
            yield f"the store was sealed, but its key file {settings.vault.key_file} is not there"
        elif ring is not None:
            missing = [kek_id for kek_id in store.read_now(needed_keks) if kek_id not in ring.kek_ids()]
            if missing:
                yield lacking(missing, ring)
    except (SchemaError, StoreUnreachableError) as error:
        yield str(error)
    finally:
        store.close()


def _endless_keys(settings: Settings) -> list[str]:
    """Return the prefixes of keys without a last day; none if there is no store yet, or none that this naru reads."""
    if not _is_there(settings):
        return []
    try:
        store = Store(settings.store.url)
    except StoreUnreachableError:
        return []  # `find_problems` says so
    try:
        if store.is_shared:
            store.claim()
        if store.read_now(revision_of) != newest():
            return []
        return [key.prefix for key in store.read_now(lambda conn: endless_keys(conn, wall_now()))]
    except (SchemaError, StoreUnreachableError):
        return []  # `find_problems` says so
    finally:
        store.close()


def _is_there(settings: Settings) -> bool:
    return settings.store.is_shared or Path(make_url(settings.store.url).database or "").exists()


def _print(config: Path, settings: Settings, agencies: Agencies, library: Library) -> None:
    for name, said in _lines(config, settings, agencies, library):
        typer.echo(f"{name:<9} {said}")
    for key, warning in settings.warnings():
        typer.echo(f"WARNING   {'.'.join(key)}: {warning}")
    if settings.mode is Mode.LIVE and (endless := _endless_keys(settings)):
        typer.echo(f"WARNING   API keys that never end: {', '.join(endless)} (--rotate PREFIX --expires DATE mends it)")


def _lines(config: Path, settings: Settings, agencies: Agencies, library: Library) -> Iterator[tuple[str, str]]:
    yield "config", str(config)
    yield "mode", settings.mode
    yield "listens", f"{settings.http.host}:{settings.http.port}"
    yield "store", settings.store.shown
    yield "keys", f"{settings.vault.place}{'' if settings.vault.is_there else ' (made at first start)'}"
    audit = settings.audit
    signed = f"{audit.place}{'' if audit.is_there else ' (made at first start)'}"
    yield "audit", f"checkpoints in {audit.folder}, signed with {signed}"
    yield "clock", settings.clock.source
    access, jwt = settings.access, settings.access.jwt
    yield "calls", f"{access.calls} in {access.calls_seconds} s by one caller, in each process"
    yield "tokens", f"of {jwt.issuer}, for {jwt.audience}" if jwt.is_on else "nobody's are taken"
    for slug, agency in agencies.items():
        yield "agency", f"{slug}: {agency.state}"
        if slug in settings.adapters:
            yield "", ", ".join(f"{name}={value}" for name, value in _shown(settings.adapters[slug]))
    for slug, holding in library.items():
        yield "catalogue", f"{slug}: {holding.state}"
        if slug in settings.catalogues:
            yield "", ", ".join(f"{name}={value}" for name, value in _shown(settings.catalogues[slug]))
    yield from _routes(settings, agencies, kst_today(wall_now()))
    yield from _rules(settings, kst_today(wall_now()))
    for statute in settings.statutes:
        reviewed = "reviewed" if statute.reviewed else "NOT reviewed"
        yield "statute", f"{statute.recipient}: {', '.join(sorted(statute.fields))} by {statute.article} ({reviewed})"


def _routes(settings: Settings, agencies: Agencies, today: date) -> Iterator[tuple[str, str]]:
    for code in SERVICES:
        slug = next((route.agency for route in settings.routing.services.get(code, ()) if route.holds_on(today)), None)
        if slug is None:
            yield "route", f"{code} -> nobody today: held"
        elif slug in agencies.active:
            yield "route", f"{code} -> {slug}"
        else:
            yield "route", f"{code} -> {slug} ({agencies[slug].state if slug in agencies else 'not installed'}): held"


def _rules(settings: Settings, today: date) -> Iterator[tuple[str, str]]:
    for rule in settings.routing.rules:
        since = f"since {rule.valid_from}" if rule.holds_on(today) else "not in force today"
        yield (
            "rule",
            f"{rule.id}: {' '.join(rule.services)} [{rule.mark}] {since}{' (asks the agency)' if rule.verify else ''}",
        )


def _shown(settings: BaseModel) -> Iterator[tuple[str, str]]:
    """Yield the settings of an adapter or a catalogue; of a secret only whether it is set."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr | SecretBytes):
            yield name, "set" if value.get_secret_value() else "not set"
        elif value is not None:
            yield name, re.sub(r"//[^/@]*@", "//…@", str(value))  # an address may carry a password
