"""Every secret that can be set, found by its type: it is shown by nothing that shows settings, errors or a start."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretBytes, SecretStr
from typer.testing import CliRunner

from adapters.sdk.catalogue import installed_catalogues
from adapters.sdk.registry import Broken, installed_adapters
from hub.cli import app
from hub.configuration import PREFIX, SettingsError, _secrets, read_settings, variable
from hub.settings import Settings
from hub.vault.keyring import write_keys
from schemas.privacy import _inner_model

ROOT = Path(__file__).parents[3]
MARK = "s3cret-m4rk-of-a-test"
KEYS = {
    ("vault", "keys"): write_keys([bytes(range(32))]).strip(),
    ("audit", "signing_key"): f"naru-audit-key-1 {base64.b64encode(bytes(range(32, 64))).decode()}",
}
"""Secrets that have a form of their own; of these the last word is the secret itself."""


def secrets_in(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the key of every secret in a model, and in the models inside it."""
    for name in _secrets(model):
        yield (*above, name)
    for name, info in model.model_fields.items():
        inner = _inner_model(info.annotation)
        if inner is not None:
            yield from secrets_in(inner, (*above, name))


def every_secret() -> dict[tuple[str, ...], str]:
    """Return the key of every secret of the hub, its adapters and catalogues, with the text that is planted there."""
    kinds = {
        **{("adapters", slug): one for slug, one in installed_adapters().items()},
        **{("catalogues", slug): one for slug, one in installed_catalogues().items()},
    }
    keys = list(secrets_in(Settings))
    keys += [k for at, one in kinds.items() if not isinstance(one, Broken) for k in secrets_in(one.settings_type, at)]
    return {key: KEYS.get(key, f"{MARK}-{number}") for number, key in enumerate(keys)}


def environ(folder: Path) -> dict[str, str]:
    """Return an environment in which every secret is set, and the store's password."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    places = {"STORE__URL": f"sqlite:///{folder}/naru.db", "HTTP__PORT": "0", "LOG__LEVEL": "debug",
              "AUDIT__FOLDER": f"{folder}/audit", "AUDIT__KEY_FILE": f"{folder}/keys/audit"}  # fmt: skip
    planted = {variable(key): text for key, text in every_secret().items()}
    return bare | {f"{PREFIX}{name}": value for name, value in places.items()} | planted


def shows(text: str) -> list[str]:
    """Return which secrets stand in a text."""
    return [".".join(name) for name, planted in every_secret().items() if planted.split()[-1] in text]


def test_there_are_secrets_of_every_kind() -> None:
    """The hub's own and those of adapters that have one are among them: the search finds what it is to find."""
    names = {".".join(key) for key in every_secret()}
    assert names >= {
        "vault.keys",
        "adapters.ccrs.client_secret",
        "adapters.gjf.token",
        "catalogues.bokjiro.service_key",
    }
    assert shows(" ".join(every_secret().values())) == sorted(
        names, key=[".".join(key) for key in every_secret()].index
    )


def test_settings_show_no_secret(tmp_path: Path) -> None:
    """Neither repr, str, format nor JSON of the settings, and of every table in them."""
    settings = read_settings(ROOT / "config.toml", environ(tmp_path), installed_adapters())
    tables: list[BaseModel] = [
        settings,
        settings.vault,
        settings.audit,
        *settings.adapters.values(),
        *settings.catalogues.values(),
    ]
    told = [f"{one!r} {one} {one.model_dump_json()} {one.model_dump()}" for one in tables]
    assert shows(" ".join(told)) == []
    held = [value for one in tables for value in vars(one).values() if isinstance(value, SecretStr | SecretBytes)]
    assert all(value.get_secret_value() for value in held)
    assert len(held) >= len(every_secret())


def test_check_shows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`naru check` says of each only that it is set; also where much else is wrong."""
    for name, value in environ(tmp_path).items():
        monkeypatch.setenv(name, value)
    good = CliRunner().invoke(app, ["check", "--config", str(ROOT / "config.toml")])
    monkeypatch.setenv("NARU_HTTP__PORT", "no number")
    monkeypatch.setenv("NARU_ADAPTERS__CCRS__ENABLED", "perhaps")
    monkeypatch.setenv("NARU_TYPO", MARK)
    bad = CliRunner().invoke(app, ["check", "--config", str(ROOT / "config.toml")])
    assert (good.exit_code, bad.exit_code) == (0, 1), good.output
    assert "=set" in good.output
    assert shows(good.output + bad.output + repr(bad.exception)) == []
    assert MARK not in bad.output


@pytest.mark.parametrize("key", sorted(every_secret()), ids=".".join)
def test_a_secret_of_the_wrong_kind_or_in_the_file_is_refused_without_its_value(
    tmp_path: Path, key: tuple[str, ...]
) -> None:
    """In config.toml it is refused; what is no text is refused too; the words name the key only."""
    planted = every_secret()[key]
    for value in (f'"{planted}"', f'["{planted}"]', f'{{ a = "{planted}" }}'):
        config = tmp_path / "config.toml"
        config.write_text(f"[{'.'.join(key[:-1])}]\n{key[-1]} = {value}\n", encoding="utf-8")
        with pytest.raises(SettingsError) as refused:
            read_settings(config, {}, installed_adapters())
        assert shows(f"{refused.value} {refused.value!r} {refused.value.problems}") == []
        assert any(key[-1] in problem for problem in refused.value.problems)


@pytest.mark.slow
def test_a_start_logs_no_secret(tmp_path: Path) -> None:
    """A hub that starts, serves and stops at DEBUG, and one that may not start, say none of them."""
    naru = [str(Path(sys.executable).parent / "naru"), "serve", "--config", str(ROOT / "config.toml")]
    with subprocess.Popen(naru, env=environ(tmp_path), stderr=subprocess.PIPE, text=True, encoding="utf-8") as hub:
        assert hub.stderr is not None
        first = hub.stderr.readline()
        hub.send_signal(signal.SIGTERM)
        told = first + hub.stderr.read()
    wrong = subprocess.run(
        naru, env=environ(tmp_path) | {"NARU_MODE": "neither"}, capture_output=True, text=True, check=False, timeout=60
    )
    assert '"listening"' in first, told
    assert (wrong.returncode != 0, shows(told + wrong.stdout + wrong.stderr)) == (True, [])
