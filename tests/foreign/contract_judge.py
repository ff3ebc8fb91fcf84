"""Judges exchanges by an OpenAPI 3.1 file with `jsonschema`, a validator that neither the adapters nor the mocks use.

It reads the file anew: paths, parameters, media types, statuses and bodies. What is not written there is a fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from relay import Exchange

CONTRACT = "urn:contract"
NAME = re.compile(r"\{(\w+)\}")
JSON = re.compile(r"application/json(; ?charset=utf-8)?", re.IGNORECASE)


class Judge:
    """One contract file."""

    def __init__(self, file: Path) -> None:
        self._contract: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        resource = Resource.from_contents(self._contract, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(CONTRACT, resource)

    @property
    def operations(self) -> set[str]:
        """The names of all operations, the agency's own calls (webhooks) among them."""
        items = [*self._contract["paths"].values(), *self._contract["webhooks"].values()]
        return {item["post"]["operationId"] for item in items}

    def of_call(self, exchange: Exchange, prefix: str) -> tuple[str, list[str]]:
        """Name the operation of a call to the agency, whose paths begin with `prefix`, and what breaks the contract."""
        path = exchange.path.removeprefix(prefix)
        for template, item in self._contract["paths"].items():
            parts = re.fullmatch(NAME.sub(r"(?P<\1>[^/]+)", template), path)
            if parts and exchange.method.lower() in item:
                operation = item[exchange.method.lower()]
                parameters = item["parameters"]
                return operation["operationId"], [
                    *self._parameters(parameters, "path", parts.groupdict()),
                    *self._exchange(operation, exchange),
                ]
        return "", [f"{exchange.method} {path} is not in the contract"]

    def of_notice(self, exchange: Exchange) -> tuple[str, list[str]]:
        """Name the agency's own call that this is, and what breaks the contract; it must be one and no other."""
        operations = [item["post"] for item in self._contract["webhooks"].values()]
        fitting = [one for one in operations if not list(self._content(one["requestBody"], exchange.request))]
        if exchange.method != "POST" or len(fitting) != 1:
            return "", [f"the body is that of {len(fitting)} webhooks"]
        (operation,) = fitting
        return operation["operationId"], [
            *self._parameters(operation["parameters"], "header", exchange.asked),
            *self._exchange(operation, exchange),
        ]

    def _exchange(self, operation: Mapping[str, Any], exchange: Exchange) -> Iterator[str]:
        if exchange.query:
            yield "a query that the contract does not have"
        yield from self._media_type("request", exchange.asked)
        yield from (f"request: {fault}" for fault in self._content(operation["requestBody"], exchange.request))
        answer = operation["responses"].get(str(exchange.status))
        if answer is None:
            yield f"status {exchange.status} is not in the contract"
        elif "content" not in answer:
            yield from ["reply: a body where there is none"] * bool(exchange.reply)
        else:
            yield from self._media_type("reply", exchange.answered)
            yield from (f"reply: {fault}" for fault in self._content(answer, exchange.reply))

    def _content(self, described: Mapping[str, Any], body: bytes) -> Iterator[str]:
        try:
            message = json.loads(body.decode("utf-8"))
        except ValueError:
            yield "no JSON in UTF-8"
            return
        yield from self._faults(described["content"]["application/json"]["schema"], message)

    def _parameters(self, described: list[Any], place: str, given: Mapping[str, str]) -> Iterator[str]:
        for parameter in described:
            value = given.get(parameter["name"] if place == "path" else parameter["name"].lower())
            if parameter["in"] != place or value is None:
                yield f"parameter {parameter['name']}: missing"
            else:
                yield from (
                    f"parameter {parameter['name']}: {fault}" for fault in self._faults(parameter["schema"], value)
                )

    def _faults(self, schema: Mapping[str, Any], value: Any) -> Iterator[str]:
        reference = schema.get("$ref")
        whole = {"$ref": f"{CONTRACT}{reference}"} if reference else schema
        validator = Draft202012Validator(whole, registry=self._registry)
        for error in validator.iter_errors(value):
            yield f"{error.json_path}: {error.validator}"

    def _media_type(self, side: str, headers: Mapping[str, str]) -> Iterator[str]:
        if not JSON.fullmatch(headers.get("content-type", "")):
            yield f"{side}: not application/json"
