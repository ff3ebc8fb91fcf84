"""The contract files of the agency, and what it is called here."""

from __future__ import annotations

from importlib.resources import files

from adapters.sdk.json_contract import JsonContract

NAME = "community_center"
CONTRACT = JsonContract(NAME, files("schemas") / "agencies" / NAME)
