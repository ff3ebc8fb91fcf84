from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import postgresql
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from adapters.sdk.registry import Broken, installed_adapters
from hub.access.api_keys import find_caller
from hub.access.caller import Caller
from hub.audit.signing import SigningKey
from hub.cli import COMMANDS, app
from hub.clock import wall_now
from hub.store.schema import newest
from hub.store.store import Store
from hub.vault.vault import Vault

ROOT = Path(__file__).parents[3]
SECRET = "hunter2-hunter2"
Naru = Callable[..., Result]


@pytest.fixture
def naru(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Naru:
    """Run the command line in an empty folder, with the shipped configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text((ROOT / "config.toml").read_text(encoding="utf-8"), encoding="utf-8")

    def run(*arguments: str, **environ: str) -> Result:
        return CliRunner().invoke(app, arguments, env=environ)

    return run


def test_help_names_every_command(naru: Naru) -> None:
    """`naru --help` lists the table, and every command has help of its own."""
    listed = naru("--help").stdout
    assert [name for name in COMMANDS if f" {name} " not in listed] == []
    assert [name for name in COMMANDS if naru(name, "--help").exit_code != 0] == []


def test_an_unknown_command_is_an_error(naru: Naru) -> None:
    """A typo is said, not guessed."""
    assert naru("sevre").exit_code == 2


def test_check_shows_what_is_configured(naru: Naru) -> None:
    """The shipped configuration has no problems: live, everything off, every service on hold."""
    shown = naru("check")
    assert shown.exit_code == 0
    assert "mode      live" in shown.stdout
    assert "audit     checkpoints in var/audit, signed with var/keys/audit (made at first start)" in shown.stdout
    assert "WEL-BASIC -> haengbok (disabled): held" in shown.stdout
    assert shown.stdout.endswith("no problems\n")


def test_check_never_shows_a_secret(naru: Naru) -> None:
    """A secret is shown as set; an address without its password."""
    shown = naru(
        "check",
        NARU_ADAPTERS__COMMUNITY_CENTER__CALLBACK_SECRET=SECRET,
        NARU_ADAPTERS__COMMUNITY_CENTER__BASE_URL=f"https://naru:{SECRET}@office.example.go.kr",
    )
    assert "callback_secret=set" in shown.stdout
    assert SECRET not in shown.output


def test_check_fails_with_every_problem(naru: Naru) -> None:
    """All problems, by name, and exit code 1."""
    shown = naru("check", NARU_TYPO=SECRET, NARU_ADAPTERS__COMMUNITY_CENTER__ENABLED="true")
    assert shown.exit_code == 1
    assert [line.split()[1].rstrip(":") for line in shown.stdout.splitlines()] == [
        "NARU_TYPO", "adapters.community_center.base_url", "adapters.community_center.callback_secret",
    ]  # fmt: skip
    assert SECRET not in shown.output


def test_check_finds_what_is_wrong_with_the_files(naru: Naru, tmp_path: Path) -> None:
    """Key files that others may read, and a store without its key file, are problems."""
    key_file = tmp_path / "var" / "keys" / "kek"
    key_file.parent.mkdir(parents=True)
    key_file.write_text("x", encoding="utf-8")
    key_file.chmod(0o644)
    assert "PROBLEM   the key file var/keys/kek is open to others: chmod 600 it" in naru("check").stdout
    key_file.unlink()
    key_of_audit = key_file.with_name("audit")
    SigningKey.open(key_of_audit)
    key_of_audit.chmod(0o644)
    assert "PROBLEM   the audit's key file var/keys/audit is open to others: chmod 600 it" in naru("check").stdout
    key_of_audit.chmod(0o600)
    naru("migrate")
    store = Store(f"sqlite:///{tmp_path}/var/naru.db")
    Vault.open(store, key_file)
    store.close()
    key_file.unlink()
    assert "the store was sealed, but its key file var/keys/kek is not there" in naru("check").stdout


def test_check_misses_no_key_file_before_the_first_start(naru: Naru) -> None:
    """A centre may be added before the hub ever ran: the key file is made at first start, and nothing is wrong yet."""
    naru("centres", "add", "의정부센터")
    assert naru("check").stdout.endswith("no problems\n")


def test_check_warns_of_plain_http_beyond_this_machine(naru: Naru) -> None:
    """It may be meant, so it is no problem; only a proxy that speaks TLS makes it right."""
    shown = naru("check", NARU_HTTP__HOST="0.0.0.0")
    assert (shown.exit_code, "WARNING   http.host: plain HTTP beyond this machine" in shown.stdout) == (0, True)
    assert "WARNING" not in naru("check", NARU_HTTP__HOST="0.0.0.0", NARU_MODE="mock").stdout


def test_check_and_adapters_change_nothing(naru: Naru, tmp_path: Path) -> None:
    """Looking makes no file."""
    naru("check")
    naru("adapters", "list")
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_serve_refuses_a_wrong_configuration(naru: Naru) -> None:
    """Nothing is begun; the problems are named on standard error."""
    refused = naru("serve", NARU_MOED=SECRET)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "NARU_MOED: no such key" in refused.stderr
    assert SECRET not in refused.stderr


@pytest.mark.parametrize("command", ["migrate", "centres list", "operators list", "keys list", "purge --dry-run"])
def test_who_calls_no_agency_asks_for_no_agency_s_secret(naru: Naru, command: str) -> None:
    """Whoever keeps the store need not have the secrets of eight agencies at hand; a mistyped key is still told."""
    naru("migrate")
    unset = {"NARU_MODE": "mock", "NARU_ADAPTERS__CCRS__ENABLED": "true"}
    assert "CCRS" in naru("serve", **unset).stderr
    told = naru(*command.split(), **unset)
    assert "CCRS" not in told.output
    assert told.exit_code == 0
    assert "NARU_TYPO: no such key" in naru(*command.split(), NARU_TYPO="x").stderr


def test_a_missing_configuration_is_named(naru: Naru) -> None:
    """`--config` names the file that could not be read."""
    refused = naru("serve", "--config", "elsewhere.toml")
    assert refused.exit_code == 2
    assert "elsewhere.toml: cannot be read" in refused.stderr


def test_worker_refuses_sqlite(naru: Naru) -> None:
    """A second process has no business on a SQLite store; the refusal names NARU_STORE__URL."""
    refused = naru("worker")
    assert refused.exit_code == 2
    assert "NARU_STORE__URL" in refused.stderr


def test_migrate_makes_the_store_once(naru: Naru) -> None:
    """The first time from nothing, then nothing is left to do."""
    made = naru("migrate").stdout
    assert made.startswith(f"sqlite:///var/naru.db: schema none -> {newest()}\nThis is a new store: none was there.")
    assert naru("migrate").stdout == f"sqlite:///var/naru.db: schema {newest()} already\n"


def test_migrate_leaves_a_served_store_alone(naru: Naru, tmp_path: Path) -> None:
    """While another process serves it, nobody changes its tables."""
    store = Store(f"sqlite:///{tmp_path}/var/naru.db")
    store.claim()
    try:
        assert naru("migrate").exit_code == 2
    finally:
        store.close()


def test_migrate_leaves_a_postgresql_alone_that_others_use(naru: Naru, postgres_server: str) -> None:
    """As long as somebody else is connected, and then it is done."""
    with postgresql.database(postgres_server) as url:
        other = Store(url)
        other.read_now(lambda conn: conn.execute(text("SELECT 1")))
        refused = naru("migrate", NARU_STORE__URL=url)
        other.close()
        done = naru("migrate", NARU_STORE__URL=url)
    assert (refused.exit_code, "stop every `naru serve` and `naru worker`" in refused.stderr) == (2, True)
    assert f"schema none -> {newest()}" in done.stdout


def test_a_centre_is_added_with_a_key(naru: Naru, tmp_path: Path) -> None:
    """The key is shown once, opens the hub for that centre, and its text is nowhere in the store."""
    made = json.loads(naru("centres", "add", "의정부센터", "--json").stdout)
    store = Store(f"sqlite:///{tmp_path}/var/naru.db")
    try:
        caller = store.read_now(lambda conn: find_caller(conn, made["key"], wall_now()))
    finally:
        store.close()
    assert isinstance(caller, Caller)
    assert caller.centre_id == made["centre"]
    assert made["key"].encode() not in (tmp_path / "var" / "naru.db").read_bytes()


def test_centres_are_listed_with_their_keys(naru: Naru) -> None:
    """Another key joins the first; a revoked one goes."""
    made = json.loads(naru("centres", "add", "의정부센터", "--json").stdout)
    more = json.loads(naru("centres", "key", made["centre"], "--days", "30", "--json").stdout)
    prefixes = [key["key"].split("_")[1] for key in (made, more)]
    (centre,) = json.loads(naru("centres", "list", "--json").stdout)["centres"]
    shown = [key["prefix"] for key in centre["keys"]]
    assert (centre["id"], centre["name"], shown) == (made["centre"], "의정부센터", prefixes)
    assert naru("centres", "key", made["centre"], "--revoke", prefixes[0]).exit_code == 0
    listed = naru("centres", "list").stdout
    assert (f"  {prefixes[1]}  cases consents read operate admin  expires " in listed, prefixes[0] in listed) == (
        True,
        False,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "의정부센터"], "exists already"),
        (["add", " "], "1 to 200 characters"),
        (["key", "ctr_nobody"], "no centre ctr_nobody"),
        (["key", "ctr_nobody", "--revoke", "abc"], "no live key abc"),
    ],
)
def test_what_cannot_be_done_with_centres_is_said(naru: Naru, arguments: list[str], said: str) -> None:
    """A taken name, an empty one, an unknown centre, an unknown key."""
    naru("centres", "add", "의정부센터")
    refused = naru("centres", *arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_adapters_are_listed_for_programs(naru: Naru) -> None:
    """`--json` gives every installed adapter with what it serves, speaks and may see."""
    rows = json.loads(naru("adapters", "list", "--json").stdout)
    assert [row["slug"] for row in rows] == list(installed_adapters())
    for row in rows:
        assert {
            "slug", "title", "services", "verbs", "wire", "repeat", "discloses", "contract_basis", "enabled", "state",
        } <= row.keys()  # fmt: skip
        assert (row["enabled"], row["state"]) == (False, "disabled")


def test_adapters_are_listed_though_much_is_missing(naru: Naru) -> None:
    """A configuration with which no hub starts: each adapter says what of its own is missing, by key, never a value."""
    told = naru("adapters", "list", "--json", "--config", str(ROOT / "examples/demo.toml"))
    rows = {row["slug"]: row for row in json.loads(told.stdout)}
    assert (told.exit_code, list(rows)) == (0, list(installed_adapters()))
    assert (rows["klac"]["state"], rows["klac"]["enabled"]) == ("incomplete", True)
    assert any("NARU_ADAPTERS__KLAC__API_KEY" in problem for problem in rows["klac"]["missing"])


def test_the_table_of_adapters_names_every_slug_in_80_columns(naru: Naru) -> None:
    """Nothing that somebody has to type is cut short."""
    table = naru("adapters", "list").stdout
    assert [slug for slug in installed_adapters() if slug not in table] == []


def test_a_broken_adapter_is_shown_with_the_reason(naru: Naru, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed as broken, and `naru check` counts it as a problem."""
    broken = {"wreck": Broken("wreck", "ImportError while importing wreck:Wreck")}
    monkeypatch.setattr("hub.cli.starting.installed_adapters", lambda: broken)
    (row,) = json.loads(naru("adapters", "list", "--json", "--config", "/dev/null").stdout)
    assert (row["state"], row["why"]) == ("broken", "ImportError while importing wreck:Wreck")
    checked = naru("check", "--config", "/dev/null")
    assert checked.exit_code == 1
    assert "PROBLEM   wreck is broken: ImportError" in checked.stdout


def test_openapi_is_printed_without_a_hub(naru: Naru) -> None:
    """The document describes OpenAPI 3.1 and the way in."""
    document = json.loads(naru("openapi").stdout)
    assert document["openapi"].startswith("3.1")
    assert "/v1/cases" in document["paths"]
