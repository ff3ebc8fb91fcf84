"""Secrets of the hub's own: from the environment only, and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from settings_bench import problems_of, read

from hub.settings import StoreSettings
from hub.vault.keyring import new_key_line, write_keys

KEY = write_keys([bytes(range(32))]).strip()
HIDDEN = KEY.split()[1]
PASSWORD = "hunter2-hunter2"


def test_keys_of_the_vault_come_from_the_environment(tmp_path: Path) -> None:
    """Several, oldest first, with commas or line breaks; the key file is then neither read nor made."""
    other = new_key_line()
    for between in (",", "\n", " , \n"):
        vault = read(tmp_path, NARU_VAULT__KEYS=f"{KEY}{between}{other}").vault
        assert (len(vault.open().kek_ids()), vault.place, vault.in_environment) == (2, "NARU_VAULT__KEYS", True)
    assert vault.open(create=True).kek_ids() == read(tmp_path, NARU_VAULT__KEYS=f"{KEY},{other}").vault.open().kek_ids()
    assert not vault.key_file.exists()


def test_keys_of_the_vault_are_not_shown(tmp_path: Path) -> None:
    """Neither `repr` nor JSON of the settings, nor the ring that is made of them, holds the key."""
    settings = read(tmp_path, NARU_VAULT__KEYS=KEY)
    assert HIDDEN not in repr(settings) + str(settings.vault) + settings.vault.model_dump_json() + repr(
        settings.vault.open()
    )


@pytest.mark.parametrize(
    "value",
    [HIDDEN, KEY[:-3], f"{KEY} {KEY}", f"{KEY},{KEY}", f"{KEY},x"],
    ids=["bare", "cut", "no comma", "twice", "more"],
)
def test_what_is_no_key_is_refused_without_showing_it(tmp_path: Path, value: str) -> None:
    """The refusal names the variable and how keys look."""
    (problem,) = problems_of(tmp_path, NARU_VAULT__KEYS=value)
    assert problem.startswith("NARU_VAULT__KEYS: must be keys as `naru keys new` prints them")
    assert HIDDEN[:12] not in problem


def test_keys_in_the_file_are_refused(tmp_path: Path) -> None:
    """A configuration file is copied, shown and kept in repositories."""
    (problem,) = problems_of(tmp_path, f'[vault]\nkeys = "{KEY}"\n')
    assert problem == "vault.keys (config.toml): a secret must not stand in a file; set NARU_VAULT__KEYS"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("store.url", f'[store]\nurl = "postgresql://naru:{PASSWORD}@db/naru"\n'),
        ("store.url", f'[store]\nurl = "postgresql://naru@db/naru?password={PASSWORD}"\n'),
        ("clock.source", f'mode = "mock"\n[clock]\nsource = "http://x:{PASSWORD}@127.0.0.1:8800/clock"\n'),
        ("adapters.quay.base_url", f'[adapters.quay]\nbase_url = "https://naru:{PASSWORD}@quay.example.go.kr"\n'),
    ],
)
def test_an_address_with_a_password_in_the_file_is_refused(tmp_path: Path, key: str, text: str) -> None:
    """It is named, with the variable that takes it; the password is not."""
    (problem,) = problems_of(tmp_path, text)
    assert problem.startswith(f"{key} (config.toml): an address in a file must not hold a password; set NARU_")
    assert PASSWORD not in problem


def test_an_address_with_a_password_in_the_environment_is_taken_and_not_shown(tmp_path: Path) -> None:
    """Wherever in the URL the password stands."""
    for url in (f"postgresql://naru:{PASSWORD}@db/naru", f"postgresql://naru@db/naru?password={PASSWORD}"):
        store = read(tmp_path, NARU_STORE__URL=url).store
        assert (store.url, PASSWORD in store.shown + repr(store)) == (url, False)
    assert StoreSettings(url="postgresql://naru@db/naru").shown == "postgresql://naru@db/naru"
