from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from hub.access.api_keys import RefusedKey, find_caller
from hub.access.caller import Caller
from hub.cli import app
from hub.clock import wall_now
from hub.store.store import Store
from hub.store.tables import audit_entries

ROOT = Path(__file__).parents[3]
Naru = Callable[..., Result]


@pytest.fixture
def naru(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Naru:
    """Run the command line in an empty folder, with the shipped configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text((ROOT / "config.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return lambda *arguments: CliRunner().invoke(app, arguments)


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def found(key: str, **later: float) -> Caller | RefusedKey:
    store = Store("sqlite:///var/naru.db")
    try:
        return store.read_now(lambda conn: find_caller(conn, key, wall_now() + timedelta(**later)))
    finally:
        store.close()


def scopes_of(key: str) -> set[str]:
    caller = found(key)
    assert isinstance(caller, Caller)
    return {scope.value for scope in caller.scopes}


@pytest.mark.parametrize(("options", "scopes"), [
    ([], {"cases", "consents", "read", "operate", "admin"}),
    (["--role", "counsellor"], {"cases", "consents", "read"}),
    (["--role", "auditor", "--scope", "read"], {"audit", "read"}),
    (["--scope", "operate", "--scope", "admin"], {"operate", "admin"}),
])  # fmt: skip
def test_a_key_gets_what_it_is_asked_for(naru: Naru, options: list[str], scopes: set[str]) -> None:
    """Roles and scopes together, for a centre's first key and for another; without any, an application's."""
    made = told(naru("centres", "add", "의정부센터", *options, "--json"))
    more = told(naru("centres", "key", made["centre"], *options, "--json"))

    assert [scopes_of(one["key"]) for one in (made, more)] == [scopes, scopes]
    assert [set(one["scopes"]) for one in (made, more)] == [scopes, scopes]


def test_a_key_is_good_through_its_last_day_in_korea(naru: Naru) -> None:
    """`--expires` names a day, not a moment."""
    made = told(naru("centres", "add", "의정부센터", "--expires", "2199-12-31", "--json"))
    assert made["expires_at"] == "2200-01-01T00:00:00+09:00"
    assert "expires 2200-01-01 00:00 KST" in naru("centres", "list").stdout


def test_a_key_is_replaced_with_an_overlap(naru: Naru) -> None:
    """Both open the same; the old one ends by itself after the hours that were asked for."""
    made = told(naru("centres", "add", "의정부센터", "--role", "operator", "--json"))
    new = told(naru("centres", "key", made["centre"], "--rotate", made["prefix"], "--overlap", "2", "--json"))

    assert scopes_of(new["key"]) == scopes_of(made["key"]) == {"read", "operate"}
    assert isinstance(found(made["key"], hours=1.9), Caller)
    assert isinstance(found(made["key"], hours=2.1), RefusedKey)
    assert isinstance(found(new["key"], hours=2.1), Caller)


def test_an_operator_is_added_with_a_key_of_no_centre(naru: Naru) -> None:
    """It is listed, its key replaced and revoked like a centre's."""
    made = told(naru("operators", "add", "전산팀", "--json"))
    new = told(naru("operators", "key", made["operator"], "--rotate", made["prefix"], "--json"))
    caller = found(new["key"])
    (listed,) = told(naru("operators", "list", "--json"))["operators"]
    revoked = naru("operators", "key", made["operator"], "--revoke", new["prefix"])

    assert isinstance(caller, Caller)
    assert (caller.centre_id, caller.scopes) == (None, {"operate"})
    assert (listed["name"], [key["prefix"] for key in listed["keys"]]) == ("전산팀", [made["prefix"], new["prefix"]])
    assert (revoked.exit_code, isinstance(found(new["key"]), RefusedKey)) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["operators", "add", "감사팀", "--scope", "cases"], "an operator's scopes are of: admin, audit, operate"),
        (["operators", "add", "감사팀", "--role", "counsellor"], "an operator's scopes are of: admin, audit, operate"),
        (["operators", "add", "전산팀"], "exists already"),
        (["operators", "add", " "], "1 to 200 characters"),
        (["operators", "key", "opr_nobody"], "no operator opr_nobody"),
        (["operators", "key", "opr_nobody", "--rotate", "abc"], "no live key abc"),
        (["centres", "key", "ctr_nobody", "--rotate", "abc"], "no live key abc"),
        (["centres", "key", "ctr_nobody", "--rotate", "abc", "--scope", "read"], "keeps its scopes"),
        (["centres", "add", "의정부센터", "--expires", "2020-01-01"], "in the past"),
        (["centres", "add", "의정부센터", "--expires", "2199-01-01", "--days", "3"], "give one of them"),
    ],
)
def test_what_cannot_be_done_is_said(naru: Naru, arguments: list[str], said: str) -> None:
    """A scope that opens clients' cases to the whole hub's operator, a name that is taken, a key that nobody has."""
    naru("operators", "add", "전산팀")
    refused = naru(*arguments)
    assert (refused.exit_code, said in refused.stderr) == (2, True)


def test_keys_are_written_down_without_their_secret(naru: Naru) -> None:
    """Who was added, what was issued, replaced and revoked: ids, scopes and prefixes."""
    made = told(naru("centres", "add", "의정부센터", "--json"))
    new = told(naru("centres", "key", made["centre"], "--rotate", made["prefix"], "--json"))
    naru("centres", "key", made["centre"], "--revoke", new["prefix"])
    store = Store("sqlite:///var/naru.db")
    entries = store.read_now(lambda conn: conn.execute(select(audit_entries).order_by(audit_entries.c.id)).all())
    store.close()

    assert [entry.action for entry in entries] == ["centre_added", "key_issued", "key_rotated", "key_revoked"]
    assert {entry.centre_id for entry in entries} == {made["centre"]}
    assert entries[1].data["scopes"] == ["admin", "cases", "consents", "operate", "read"]
    assert not [one for one in (made, new) if one["key"][18:] in str([tuple(entry) for entry in entries])]


def test_check_names_keys_that_never_end(naru: Naru) -> None:
    """A warning, not a refusal: a hub that does not start helps nobody whose key leaks."""
    endless = told(naru("centres", "add", "의정부센터", "--json"))
    told(naru("operators", "add", "전산팀", "--days", "365", "--json"))
    checked = naru("check")

    assert checked.exit_code == 0
    assert f"WARNING   API keys that never end: {endless['prefix']} (" in checked.stdout
    assert "tokens    nobody's are taken" in checked.stdout
