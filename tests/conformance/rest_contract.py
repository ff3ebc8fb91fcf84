"""Judges requests by an OpenAPI 3.1 file with `jsonschema`, a validator that neither adapters nor mocks use.

What is not in the file is a fault: a path, a method, a parameter, a field, a label.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

AGENCIES = Path(__file__).parents[2] / "schemas" / "agencies"
CONTRACT = "urn:contract"
PLACE = re.compile(r"\{(\w+)\}")
JSON = re.compile(r"application/json; charset=utf-8", re.IGNORECASE)


class Judge:
    """The contract file of one agency, served under `prefix`."""

    def __init__(self, slug: str) -> None:
        self._prefix = f"/{slug}"
        self._contract: dict[str, Any] = json.loads((AGENCIES / slug / "openapi.json").read_text("utf-8"))
        resource = Resource.from_contents(self._contract, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(CONTRACT, resource)

    def problems(self, request: httpx.Request) -> list[str]:
        """Return what in a request breaks the contract; nothing for a good one."""
        path = request.url.path.removeprefix(self._prefix)
        for template, item in self._contract["paths"].items():
            match = re.fullmatch(PLACE.sub(r"(?P<\1>[^/]+)", template), path)
            if match and request.method.lower() in item:
                return list(self._judged(item[request.method.lower()], request, match.groupdict()))
        return [f"{request.method} {path} is not in the contract"]

    def _judged(self, operation: Mapping[str, Any], request: httpx.Request, places: dict[str, str]) -> Iterator[str]:
        given = {"path": places, "query": dict(request.url.params), "header": request.headers}
        described = operation.get("parameters", [])
        for one in described:
            value: Any = given[one["in"]].get(one["name"])
            if value is None:
                yield from [f"{one['name']} is missing"] * one.get("required", False)
            else:
                yield from self._faults(one["schema"], value)
        known = {one["name"] for one in described if one["in"] == "query"}
        yield from (f"a query {name}" for name in given["query"].keys() - known)
        if "requestBody" not in operation:
            yield from ["a body where there is none"] * bool(request.content)
            return
        if not JSON.fullmatch(request.headers.get("content-type", "")):
            yield "the body's label"
        yield from self._faults(
            operation["requestBody"]["content"]["application/json"]["schema"], json.loads(request.content)
        )

    def _faults(self, schema: Mapping[str, Any], value: Any) -> Iterator[str]:
        reference = schema.get("$ref")
        whole = {"$ref": f"{CONTRACT}{reference}"} if reference else schema
        if isinstance(value, str) and value.isdecimal() and self._is_number(schema):
            value = int(value)  # a parameter's text
        for error in Draft202012Validator(whole, registry=self._registry).iter_errors(value):
            yield f"{error.json_path}: {error.validator}"

    def _is_number(self, schema: Mapping[str, Any]) -> bool:
        name = schema.get("$ref", "").rpartition("/")[2]
        found: Mapping[str, Any] = self._contract["components"]["schemas"].get(name, schema)
        return found.get("type") == "integer"


def said(request: httpx.Request) -> str:
    """Write what an agency reads of a request: path, query and body, without what is new in every message."""
    return f"{request.url.path} {request.url.query.decode()} {request.content.decode()}"
