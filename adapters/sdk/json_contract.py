"""A JSON contract kept as an OpenAPI file: strict JSON in and out, and every message held against its schema.

What a message means, and which HTTP status goes with it, is each adapter's to judge.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import Any, NoReturn

import jsonschema_rs

from adapters.sdk.errors import BadReplyError, CannotExpressError, MisconfiguredError
from adapters.sdk.transports.http import HttpReply

Message = Mapping[str, Any]
"""A JSON object of a contract."""

_DEEPEST = 32
"""Far more than the messages of any contract are nested."""


class JsonContract:
    """The contract files of one agency: `openapi.json` (OpenAPI 3.1) and `codes.json`, read once, when first needed.

    `folder` holds both, as package data: `files("schemas") / "agencies" / slug`. Schemas are named as they stand under
    `#/components/schemas`.
    """

    def __init__(self, slug: str, folder: Traversable) -> None:
        self._slug = slug
        self._folder = folder
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}

    @cached_property
    def codes(self) -> Mapping[str, Any]:
        """The code tables of `codes.json`: table name → code → what the contract says of it."""
        return self._read("codes.json")

    def violation(self, schema: str, message: object) -> tuple[str, ...] | None:
        """Return where a message breaks a schema, as the names on the way there; None if it does not.

        The names are the contract's own: a name that the sender made up is never among them, nor is any value.
        """
        error = next(self._validator(schema).iter_errors(message), None)
        if error is None:
            return None
        missing = getattr(error.kind, "property", None) if error.schema_path[-1:] == ["required"] else None
        return (*map(str, error.instance_path), *([str(missing)] if missing else []))

    def check_sent(self, schema: str, message: object, fields: Mapping[str, str]) -> None:
        """Stop a message of ours, or a key, that the contract does not allow, before it leaves.

        `fields` leads from a name on the wire to the field path whose value it carries.

        Raises:
            CannotExpressError: the value comes from a field of the document, which is named.
            MisconfiguredError: it is of our own making.
        """
        broken = self.violation(schema, message)
        if broken is None:
            return
        path = next((fields[name] for name in reversed(broken) if name in fields), None)
        if path is not None:
            raise CannotExpressError(path, "기관의 규격에 맞지 않습니다 (the agency's contract does not allow it)")
        raise MisconfiguredError(f"{self._slug}: our message breaks the contract at {_place(broken)}")

    def read(self, reply: HttpReply, schema: str) -> Message:
        """Read an answer's body.

        Raises:
            BadReplyError: it is not labelled as JSON in UTF-8, is none, or breaks its schema.
        """
        if not _is_json(reply.headers.get("content-type", "")):
            raise BadReplyError(f"{self._slug}: the answer is not labelled as JSON in UTF-8")
        try:
            message = read_json(reply.body)
        except ValueError:
            raise BadReplyError(f"{self._slug}: the answer is no JSON in UTF-8") from None
        broken = self.violation(schema, message)
        if broken is not None:
            raise BadReplyError(f"{self._slug}: the answer breaks the contract at {_place(broken)}")
        answer: Message = message
        return answer

    @cached_property
    def _components(self) -> Mapping[str, Any]:
        components: Mapping[str, Any] = self._read("openapi.json")["components"]
        return components

    def _validator(self, schema: str) -> jsonschema_rs.Draft202012Validator:
        if schema not in self._validators:
            whole = {"$ref": f"#/components/schemas/{schema}", "components": self._components}
            self._validators[schema] = jsonschema_rs.Draft202012Validator(whole)
        return self._validators[schema]

    def _read(self, name: str) -> Mapping[str, Any]:
        told: Mapping[str, Any] = json.loads((self._folder / name).read_text(encoding="utf-8"))
        return told


def read_json(body: bytes) -> Any:
    """Read strict JSON: UTF-8, no key twice, no NaN, no half of a surrogate pair, nested at most 32 deep.

    Raises:
        ValueError: it is something else. The text may hold values: do not show it.
    """
    try:
        said = json.loads(body.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    json.dumps(said, ensure_ascii=False).encode()  # a lone surrogate cannot be written, so it was not read either
    if _depth(said) > _DEEPEST:
        raise ValueError("nested too deeply")
    return said


def write_json(message: Message) -> bytes:
    """Write a message as compact UTF-8 JSON."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _place(broken: tuple[str, ...]) -> str:
    return ".".join(broken) or "its root"


def _is_json(content_type: str) -> bool:
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [value.strip('"') for key, _, value in (p.partition("=") for p in parameters) if key == "charset"]
    return media == "application/json" and charsets in ([], ["utf-8"])


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("not a number of JSON")


def _depth(said: Any) -> int:
    depth, level = 0, [said]
    while level:
        depth += 1
        level = [inner for one in level if isinstance(one, dict | list) for inner in _parts(one)]
    return depth


def _parts(one: dict[str, Any] | list[Any]) -> list[Any]:
    return list(one.values()) if isinstance(one, dict) else one
