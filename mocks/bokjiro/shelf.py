"""The services that the mock lists, read from `services.json` (our own writing), and the search through them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "schemas" / "agencies" / "bokjiro"

CODES: Mapping[str, Mapping[str, Any]] = json.loads((FOLDER / "codes.json").read_text(encoding="utf-8"))
OPERATIONS: Mapping[str, Mapping[str, Any]] = {
    name: told
    for name, told in json.loads((FOLDER / "operations.json").read_text(encoding="utf-8")).items()
    if name != "about"
}
SERVICES: tuple[Mapping[str, Any], ...] = tuple(
    json.loads((Path(__file__).parent / "services.json").read_text(encoding="utf-8"))
)
"""Each with its `api`, the fields of its `list` entry, of its `detail`, and its `lists` of names and values."""

_GROUPS = {
    "lifeArray": ("life", "lifeArray", "lifeNmArray"),
    "trgterIndvdlArray": ("target", "trgterIndvdlArray", "trgterIndvdlNmArray"),
    "intrsThemaArray": ("theme", "intrsThemaArray", "intrsThemaNmArray"),
}
_SEARCHED = {"001": ("servNm",), "002": ("servDgst",), "003": ("servNm", "servDgst")}


def is_code(parameter: str, value: str) -> bool:
    """Tell whether a value may stand in a parameter."""
    if parameter in _GROUPS:
        return value in CODES[_GROUPS[parameter][0]]
    return parameter != "srchKeyCode" or value in _SEARCHED


def listed(api: str, asked: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """Return the services of one API (`national`, `local`) that a list's parameters ask for."""
    return [service for service in SERVICES if service["api"] == api and _is_asked_for(service["list"], asked)]


def found(api: str, service_id: str) -> Mapping[str, Any] | None:
    """Return one service of an API."""
    return next((one for one in SERVICES if (one["api"], one["list"]["servId"]) == (api, service_id)), None)


def _is_asked_for(entry: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    for parameter, (table, *names) in _GROUPS.items():
        told = ",".join(entry.get(name, "") for name in names).replace(" ", "").split(",")
        if parameter in asked and CODES[table][asked[parameter]] not in told:
            return False
    if "searchWrd" in asked:
        searched = _SEARCHED[asked.get("srchKeyCode", "003")]
        if not any(asked["searchWrd"] in entry[name] for name in searched):
            return False
    places = {name: asked[name] for name in ("ctpvNm", "sggNm") if name in asked}
    return all(entry.get(name) == place for name, place in places.items())
