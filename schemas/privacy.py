"""Field paths, the privacy class of each, and pruning a document to the paths that may be seen.

A field path is dotted and without list positions: `client.address.adm_cd`, `client.debts.amount`. Every leaf of a
model carries its class as annotation metadata; a leaf without one is an error at import, never a silent default.
Which consent a class needs is said here; whether one is at hand is decided by the hub's policy.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel

from schemas.base import Frozen, filled_leaves

Model = TypeVar("Model", bound=Frozen)


class PrivacyClass(StrEnum):
    """What a field says about a person; decides which type of consent it needs (개인정보보호법 17, 23, 24, 24조의2)."""

    PLAIN = "plain"
    """About the act, not the person (일반): goes with any live basis for the recipient and purpose."""
    PERSONAL = "personal"
    """개인정보: third-party consent (제3자제공) that names the field."""
    SENSITIVE = "sensitive"
    """민감정보: a consent of its own (23조)."""
    UNIQUE_IDENTIFIER = "unique_identifier"
    """고유식별정보: a consent of its own (24조); an RRN also needs statutes for sender and recipient (24조의2)."""
    CREDIT = "credit"
    """개인신용정보: a consent of its own (신용정보법 32①)."""


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """Find the model inside `Model`, `Model | None` or `tuple[Model, ...]`; None if the annotation is a leaf."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Union, types.UnionType, tuple}:
        found = [inner for part in get_args(annotation) if (inner := _inner_model(part)) is not None]
        return found[0] if found else None
    return None


def _leaves(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, PrivacyClass]]:
    for name, info in model.model_fields.items():
        path = f"{prefix}{name}"
        inner = _inner_model(info.annotation)
        if inner is not None:
            yield from _leaves(inner, f"{path}.")
            continue
        classes = [mark for mark in info.metadata if isinstance(mark, PrivacyClass)]
        if len(classes) != 1:
            raise TypeError(f"{model.__name__}.{name} must carry exactly one PrivacyClass, it has {len(classes)}")
        yield path, classes[0]


def field_paths(model: type[BaseModel]) -> Mapping[str, PrivacyClass]:
    """Return every leaf path of `model` with its privacy class, in the order of declaration.

    Raises:
        TypeError: a leaf carries no class, or more than one.
    """
    return dict(_leaves(model, ""))


@lru_cache
def _parts(model: type[BaseModel]) -> tuple[tuple[str, type[BaseModel] | None], ...]:
    """List the fields of `model`, each with the model inside it, or None for a leaf."""
    if any(info.is_required() for info in model.model_fields.values()):
        raise TypeError(f"{model.__name__} has required fields: prune a Disclosure, where every field may be absent")
    return tuple((name, _inner_model(info.annotation)) for name, info in model.model_fields.items())


def present_paths(document: BaseModel, prefix: str = "") -> frozenset[str]:
    """Return the leaf paths that hold a value in `document` (None and empty lists do not count)."""
    return frozenset(filled_leaves(document, prefix))


def prune(document: Model, allowed: frozenset[str]) -> Model:
    """Return a copy of `document` that holds only the leaves whose path is in `allowed`; all else is None or empty.

    The copy is built of the classes that the document's model declares, which must allow every leaf to be absent
    (see `schemas.disclosure`): a `Client` in a `Disclosure` comes out as a `DisclosedClient`. Pruning never adds a
    value: `prune(prune(d, a), b) == prune(d, a & b)`.

    Raises:
        TypeError: a declared class has required fields.
    """
    model = type(document)
    return cast("Model", _prune(model, document, allowed, "") or model())


def _prune(model: type[BaseModel], document: BaseModel, allowed: frozenset[str], prefix: str) -> BaseModel | None:
    kept: dict[str, Any] = {}
    for name, inner in _parts(model):
        path, value = f"{prefix}{name}", getattr(document, name)
        if inner is None:
            kept[name] = value if path in allowed else None
        elif isinstance(value, tuple):
            parts = (_prune(inner, item, allowed, f"{path}.") for item in value)
            kept[name] = tuple(part for part in parts if part is not None)
        elif value is not None:
            kept[name] = _prune(inner, value, allowed, f"{path}.")
    kept = {name: value for name, value in kept.items() if value is not None and value != ()}
    return model.model_construct(**kept) if kept else None
