"""How every command starts: the `--config` option, the settings or a refusal, the store. What it does is its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy import Connection

from adapters.sdk.registry import DuplicateAdapterError, installed_adapters
from hub.cli.refusing import REFUSED, refuse
from hub.configuration import Installed, SettingsError, read_own_settings, read_settings
from hub.settings import Settings
from hub.store.schema import SchemaError, make_or_check
from hub.store.store import Store, StoreInUseError, StoreUnreachableError

__all__ = [
    "DEFAULT_CONFIG",
    "REFUSED",
    "Config",
    "find_adapters",
    "in_store",
    "open_store",
    "own_settings",
    "refuse",
    "settings_of",
]

T = TypeVar("T")

Config = Annotated[
    Path, typer.Option("--config", help="The configuration file; NARU_… variables go over it.", show_default=True)
]
DEFAULT_CONFIG = Path("config.toml")


def find_adapters() -> Installed:
    """Return the installed adapters, or refuse to begin."""
    try:
        return installed_adapters()
    except DuplicateAdapterError as error:
        refuse(str(error))


def settings_of(config: Path, installed: Installed) -> Settings:
    """Return the settings, or refuse to begin, naming every problem and no value."""
    return _or_refused(lambda: read_settings(config, os.environ, installed))


def own_settings(config: Path) -> Settings:
    """Return the settings for a command that calls no agency: what theirs lack, their secrets too, is no matter."""
    return _or_refused(lambda: read_own_settings(config, os.environ))


def _or_refused(read: Callable[[], Settings]) -> Settings:
    try:
        return read()
    except SettingsError as error:
        refuse(f"cannot start, {len(error.problems)} problem(s):", *error.problems)


def open_store(settings: Settings) -> Store:
    """Return the store, or refuse to begin: its file is another user's."""
    try:
        return Store(settings.store.url)
    except StoreUnreachableError as error:
        refuse(str(error))


def in_store(settings: Settings, work: Callable[[Connection], T], *, alone: bool = False) -> T:
    """Do one transaction's work in the store; `alone`: only if nobody serves it. Refuse if the store is not ours."""
    store = open_store(settings)
    try:
        if alone or store.is_shared:
            store.claim()
        if not alone:
            store.write_now(make_or_check)
        return store.write_now(work)
    except (StoreInUseError, StoreUnreachableError, SchemaError) as error:
        refuse(str(error))
    finally:
        store.close()
