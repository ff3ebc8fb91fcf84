"""docs/waiting.md: the routes, reasons and bodies that it names are the hub's."""

from __future__ import annotations

import json
import re

from pydantic import TypeAdapter
from repository import ROOT
from typer.testing import CliRunner

from hub.api import asked
from hub.api.reasons import _TEXTS
from hub.cli import app
from hub.consent.reasons import WithheldReason
from hub.delivery.steps import Step
from schemas.status import DeliveryStatus

PAGE = (ROOT / "docs/waiting.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (`[^|]+) \| (`[^|]+) \| ([^|]+) \|$", re.MULTILINE)


def test_routes_are_there() -> None:
    """Every route of the page is one of the API."""
    paths = json.loads(CliRunner().invoke(app, ["openapi"]).stdout)["paths"]
    named = {(verb.lower(), path.partition("?")[0]) for verb, path in re.findall(r"`(GET|POST) (/v1/[^` ]+)`", PAGE)}
    whole = {(verb, path) for verb, path in named if not path.endswith("/")}
    assert len(whole) > 5
    assert {(verb, path) for verb, path in whole if verb not in paths.get(path, {})} == set()


def test_statuses_reasons_and_steps_are_ours() -> None:
    """Each row of the table names statuses and reason codes that there are, and steps of a referral."""
    rows = ROW.findall(PAGE)
    reasons = {*_TEXTS, *WithheldReason}
    codes = [(re.findall(r"`(\w+)`", status), re.findall(r"`(\w+)(…?)`", reason)) for status, reason, _ in rows]
    assert len(rows) > 8
    assert [status for found, _ in codes for status in found if status not in set(DeliveryStatus)] == []
    named = [(code, more) for _, found in codes for code, more in found]
    assert [code for code, more in named if not more and code not in reasons] == []
    assert [code for code, more in named if more and not any(one.startswith(code) for one in reasons)] == []
    steps = {step for _, _, what in rows for step in re.findall(r"`(\w+)`", what)} - {"wire_key"}
    assert steps - set(Step) == set()


def test_bodies_are_taken() -> None:
    """Each JSON block of the page is a body that a step, or the bulk route, takes."""
    bodies = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]
    takes = TypeAdapter(asked.Resolution | asked.Closing | asked.Bulk)
    taken = [type(takes.validate_json(json.dumps(body))) for body in bodies]
    assert taken == [asked.Resolution, asked.Closing, asked.Bulk]
    outcomes = re.search(r"ends it with an outcome \(([^)]*)\)", PAGE)
    assert outcomes is not None
    assert re.findall(r"`(\w+)`", outcomes[1]) == list(asked.OutcomeCode)


def test_ten_words_are_defined() -> None:
    """Ten words, each said once, with all four repeats among them."""
    words = re.findall(r"^\| \*\*([a-z ]+)\*\* \| (.+) \|$", PAGE, re.MULTILINE)
    assert len({word for word, _ in words}) == 10
    assert re.findall(r"`(\w+)`:", dict(words)["repeat"]) == ["keyed", "lookup", "batch", "never"]
