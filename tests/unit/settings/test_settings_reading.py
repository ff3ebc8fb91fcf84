from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from pydantic import BaseModel
from settings_bench import problems_of, read

from adapters.sdk import AdapterSettings
from adapters.sdk.catalogue import installed_catalogues
from hub.configuration import SettingsError, read_settings
from hub.settings import Mode, Settings

ENABLED = 'mode = "mock"\n[adapters.quay]\nenabled = true\nbase_url = "http://127.0.0.1:1"\n'
ROOT = Path(__file__).parents[3]
SECRET = "hunter2-hunter2"


def test_nothing_set_is_safe(tmp_path: Path) -> None:
    """An empty file means live rules, loopback, no agency and no statute."""
    settings = read(tmp_path)
    found = (settings.mode, settings.http.host, settings.adapters["quay"].enabled, settings.statutes)
    assert found == (Mode.LIVE, "127.0.0.1", False, ())


def test_shipped_configuration_equals_the_defaults() -> None:
    """`config.toml` at the root documents the defaults: but for lists (services, rules, periods) it changes none."""
    shipped = read_settings(ROOT / "config.toml", {}, _really_installed())
    others = {"routing": Settings().routing, "deadlines": (), "retention": (), "adapters": {}, "catalogues": {}}
    assert shipped.model_copy(update=others) == Settings()
    assert [slug for slug, table in (*shipped.adapters.items(), *shipped.catalogues.items()) if table.enabled] == []


def test_demo_configuration_only_lacks_what_the_demo_sets() -> None:
    """`examples/demo.toml` is complete but for addresses, keys and secrets, which come from the environment."""
    with pytest.raises(SettingsError) as refused:
        read_settings(ROOT / "examples" / "demo.toml", {}, _really_installed())
    assert [problem for problem in refused.value.problems if "is missing" not in problem] == []


def _really_installed() -> dict[str, object]:
    from adapters.sdk.registry import installed_adapters  # noqa: PLC0415 - loads every adapter: only where it is asked for

    return dict(installed_adapters())


def test_environment_goes_over_the_file(tmp_path: Path) -> None:
    """The same key in both: the environment's value holds, and its neighbours in the file stay."""
    settings = read(tmp_path, '[http]\nport = 1\nhost = "::1"\n', NARU_HTTP__PORT="8200")
    assert (settings.http.port, settings.http.host) == (8200, "::1")


def test_adapter_is_set_by_variables_of_its_slug(tmp_path: Path) -> None:
    """`NARU_ADAPTERS__<SLUG>__<KEY>` reaches the adapter's own typed settings, also without a table in the file."""
    quay = read(tmp_path, ENABLED, NARU_ADAPTERS__QUAY__CLIENT_SECRET=SECRET).adapters["quay"]
    assert quay.model_dump()["client_secret"].get_secret_value() == SECRET


def test_variables_of_the_tests_are_nobodys_business(tmp_path: Path) -> None:
    """`NARU_TEST_…` and foreign variables are passed over."""
    assert problems_of(tmp_path, NARU_TEST_POSTGRES_URL="x", PATH="/bin", NARUTO="x") == []


def test_everything_wrong_is_named_at_once(tmp_path: Path) -> None:
    """Unknown keys in file and environment, wrong values and missing secrets: all of them, by name."""
    text = ENABLED + 'office_hourz = 3\n[http]\nport = "abc"\n[hptt]\nport = 1\n[adapters.jetty]\nenabled = true\n'
    found = problems_of(tmp_path, text, NARU_TYPO=SECRET, NARU_STORE__ULR=SECRET, NARU_DELIVERY__MAX_TRIES="0")
    named = [problem.partition(" ")[0].rstrip(":") for problem in found]
    assert sorted(named) == [
        "NARU_DELIVERY__MAX_TRIES", "NARU_STORE__ULR", "NARU_TYPO", "adapters.jetty", "adapters.quay.client_secret",
        "adapters.quay.office_hourz", "hptt", "http.port",
    ]  # fmt: skip
    assert SECRET not in "".join(found)


@pytest.mark.parametrize(
    "environ",
    [
        {"NARU_ADAPTERS__QUAY__CLIENT_SECERT": SECRET},
        {"NARU_ADAPTERS__QUAY__CLIENT_SECRET__X": SECRET},
        {"NARU_ADAPTERS__QUAY": SECRET},
        {"NARU_ADAPTERS": SECRET},
        {"NARU_ADAPTERS__QUAY__SPARE_SECRET__": SECRET},
        {"NARU_STORE__URL": f"postgresql://naru:{SECRET}@db/naru"},
        {"NARU_STORE__URL": SECRET},
        {"NARU_MODE": SECRET},
        {"NARU_": SECRET},
        {"NARU_CLOCK__SOURCE": f"http://x:{SECRET}@127.0.0.1/", "NARU_MODE": "mock"},
        {"NARU_ROUTING__SERVICES": SECRET},
        {"NARU_STATUTES": SECRET},
    ],
)
def test_no_refusal_shows_a_value(tmp_path: Path, environ: dict[str, str]) -> None:
    """A secret that was typed into the wrong place is neither in the problems nor in the traceback."""
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, ENABLED, **environ)
    assert SECRET not in "".join(traceback.format_exception(refused.value)) + repr(refused.value)


def test_settings_do_not_show_secrets(tmp_path: Path) -> None:
    """Neither `repr` nor JSON of the settings holds a secret or the store's address."""
    settings = read(
        tmp_path, ENABLED, NARU_ADAPTERS__QUAY__CLIENT_SECRET=SECRET, NARU_STORE__URL=f"sqlite:///{SECRET}.db"
    )
    assert SECRET not in repr(settings) + str(settings.adapters)


def test_secret_in_the_file_is_refused(tmp_path: Path) -> None:
    """A secret belongs in the environment: the refusal names the variable, not the value."""
    (problem,) = problems_of(tmp_path, ENABLED + f'client_secret = "{SECRET}"\n')
    assert "NARU_ADAPTERS__QUAY__CLIENT_SECRET" in problem
    assert SECRET not in problem


@pytest.mark.parametrize(("text", "said"), [("mode = ", "is not TOML (at "), (None, "cannot be read")])
def test_unreadable_file_is_named(tmp_path: Path, text: str | None, said: str) -> None:
    """A file that is missing or broken is named, with the place of the fault and without its content."""
    config = tmp_path / "other.toml"
    if text is not None:
        config.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"other\.toml") as refused:
        read_settings(config, {}, {})
    assert said in str(refused.value)


def test_foreign_bytes_are_no_configuration(tmp_path: Path) -> None:
    """A file in another encoding is refused in words."""
    config = tmp_path / "config.toml"
    config.write_bytes("mode = '모의'".encode("cp949"))
    with pytest.raises(SettingsError, match="is not UTF-8"):
        read_settings(config, {}, {})


def test_shipped_configuration_names_every_key() -> None:
    """`config.toml` is the list of what can be set: every key of the hub and of the shipped adapters stands in it."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    sections = (field.default for field in Settings.model_fields.values())
    names = {name for section in sections if isinstance(section, BaseModel) for name in type(section).model_fields}
    for adapter in (*_really_installed().values(), *installed_catalogues().values()):
        names |= set(getattr(adapter, "settings_type", AdapterSettings).model_fields)
    assert sorted(name for name in names if name not in text and name.upper() not in text) == []


def test_a_table_of_the_environment_alone_is_blamed_on_its_variables(tmp_path: Path) -> None:
    """Who mistyped a variable must not look for the mistake in the file, nor the other way round."""
    (alone,) = problems_of(tmp_path, NARU_ADAPTERS__NOBODY__X="1")
    (both,) = problems_of(tmp_path, "[adapters.nobody]\ny = 1\n", NARU_ADAPTERS__NOBODY__X="1")
    (table,) = problems_of(tmp_path, NARU_HTPP__PORT="1")
    assert alone == "NARU_ADAPTERS__NOBODY__X: no such adapter is installed (installed: quay, wreck)"
    assert both.startswith("adapters.nobody (config.toml): ")
    assert table == "NARU_HTPP__PORT: no such key"
