"""The contract files of 신용회복위원회, opened once. What their messages mean lives in `codes` and `replies`."""

from __future__ import annotations

from importlib.resources import files

from adapters.sdk.json_contract import JsonContract

NAME = "ccrs"
CONTRACT = JsonContract(NAME, files("schemas") / "agencies" / NAME)
