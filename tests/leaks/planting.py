"""Documents whose every personal field holds a text that stands nowhere else, made from the schema's own field paths.

A new field of text is planted by itself; one of another form fails `values_of`, until its value is written down here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args, get_origin

from annotated_types import MaxLen
from pydantic import BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from adapters.sdk import Profile
from adapters.sdk.registry import Broken, installed_adapters
from schemas.client import Client
from schemas.consent import CONSENT_TYPE_OF_CLASS
from schemas.disclosure import FIELD_PATHS
from schemas.privacy import PrivacyClass, _inner_model
from schemas.referral import ReferralRequest

ROOT = "나루표식"
"""Every planted text begins so; what follows says which field it is."""
TEMPLATE = Path(__file__).parents[2] / "examples" / "cases" / "everything-qualifies.json"
FIRST_BORN = date(1931, 3, 7)
STEERED: Mapping[str, Any] = {
    "client.phones": ["010-0000-7101", "010-0000-7102"],
    "client.address.zip_no": "09997",
    "client.address.adm_cd": "4115077771",
    "client.address.rn_mgt_sn": "411507777701",
    "client.address.bd_mgt_sn": "4115077777000000000007777",
    "client.admin_number": "7777700000777",
    "client.household.monthly_income": 676_123,
    "client.debts.creditor_phone": "010-0000-7201",
    "client.debts.amount": 18_567_891,
    "client.debts.taken_on": "1997-05-11",
    "client.employment.business_number": "1234567891",
    "client.employment.business_registered_on": "1996-07-13",
    "client.guardian.phone": "010-0000-7301",
    "client.related_persons.phone": "010-0000-7401",
    "referral.attachments.sha256": "7f" * 32,
    "referral.attachments.held_at": "narumark/held-1",
    "referral.due_on": "2025-12-30",
}
"""What a document must hold to go its way, and what has a form of its own."""
UNTOLD: Mapping[str, Any] = {
    "client.sex": "male",
    "client.household.size": 2,
    "client.household.median_income_percent": 29,
    "client.debts.secured": False,
    "client.debts.days_overdue": 124,
    "client.debts.annual_rate_percent": 243.3,
    "client.debts.illegal_collection": True,
    "client.employment.status": "unemployed",
}
"""Filled too, but no search can tell them from anything else: a yes, a code, a small number."""


def values_of(number: int) -> dict[str, Any]:
    """Return path → value of the `number`-th client, for every field path that is about a person.

    Raises:
        AssertionError: a field that nobody knows how to plant.
    """
    born = FIRST_BORN + timedelta(days=number)
    own = {"client.birth_date": born.isoformat(), "client.rrn": f"{born:%y%m%d}1000000"}
    known = {**STEERED, **UNTOLD, **own}
    texts = {path for path, info in _leaves() if _is_text(info)}
    paths = [path for path, privacy in FIELD_PATHS.items() if privacy is not PrivacyClass.PLAIN]
    unknown = sorted(set(paths) - texts - known.keys())
    assert unknown == [], f"write down in {Path(__file__).name} what to plant there: {unknown}"
    return {path: known.get(path, f"{ROOT}{place:03d}") for place, path in enumerate(paths)}


def document(number: int, profiles: Mapping[str, Profile], with_rrn: bool = True) -> dict[str, Any]:
    """Return the case of the `number`-th client, who agrees to all that any agency may see, at every agency."""
    told = json.loads(TEMPLATE.read_text("utf-8"))
    values = values_of(number)
    values.pop("client.admin_number" if with_rrn else "client.rrn")
    client = _nested({path: value for path, value in values.items() if path.startswith("client.")}, Client)["client"]
    own = {path: value for path, value in values.items() if path.startswith("referral.")}
    referral = _nested(own, ReferralRequest)["referral"]
    referrals = [{**one, **referral} for one in told["referrals"]]
    return {
        "reference": f"leaks-{number}",
        "client": client,
        "consents": list(_consents(told["consents"], profiles)),
        "referrals": [{name: value for name, value in one.items() if name != "due_on"} for one in referrals],
    }


def profiles() -> dict[str, Profile]:
    """Return what the installed agencies declare."""
    return {slug: one.profile for slug, one in installed_adapters().items() if not isinstance(one, Broken)}


def _consents(templates: list[dict[str, Any]], known: Mapping[str, Profile]) -> Any:
    """Yield, for every recipient and class of fields, a consent to all that its agency may see."""
    by_recipient = {(one["recipient"], tuple(one["purposes"])): one for one in templates}
    for (recipient, _), template in sorted(by_recipient.items()):
        for privacy, kind in CONSENT_TYPE_OF_CLASS.items():
            sees = known[recipient.partition(":")[0]].discloses
            items = sorted(path for path in sees if FIELD_PATHS[path] is privacy)
            words = {"purpose_text": f"{ROOT}목적", "retention": f"{ROOT}보유"}
            if items:
                yield {**template, **words, "type": kind, "items": items}


def _leaves(model: type[BaseModel] | None = None, prefix: str = "") -> Any:
    tops = (("client.", Client), ("referral.", ReferralRequest)) if model is None else ((prefix, model),)
    for start, top in tops:
        for name, info in top.model_fields.items():
            inner = _inner_model(info.annotation)
            if inner is not None:
                yield from _leaves(inner, f"{start}{name}.")
            else:
                yield f"{start}{name}", info


def _is_text(info: FieldInfo) -> bool:
    """Return whether any line of text can stand there."""
    marks = [*info.metadata]
    annotation: Any = info.annotation
    for part in (annotation, *get_args(annotation)):
        marks += getattr(part, "__metadata__", ())
    patterned = any(isinstance(mark, StringConstraints) and mark.pattern for mark in marks)
    short = any(isinstance(mark, StringConstraints) and (mark.max_length or 999) < 50 for mark in marks)
    short = short or any(isinstance(mark, MaxLen) and mark.max_length < 50 for mark in marks)
    base = {annotation, *get_args(annotation), *(get_args(part)[:1] or () for part in get_args(annotation))}
    kinds = {kind for kind in _flat(base) if isinstance(kind, type)}
    return str in kinds and get_origin(annotation) is not tuple and not patterned and not short


def _flat(kinds: Any) -> Any:
    for kind in kinds:
        if isinstance(kind, tuple):
            yield from kind
        else:
            yield kind


def _nested(values: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Turn dotted paths into a document; what is a list in the schema becomes a list of one."""
    tree: dict[str, Any] = {}
    for path, value in values.items():
        place = tree
        *way, last = path.split(".")
        for name in way:
            place = place.setdefault(name, {})
        place[last] = value
    root = next(iter(tree))
    return {root: _listed(tree[root], model)}


def _listed(tree: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    shaped: dict[str, Any] = {}
    for name, value in tree.items():
        annotation = model.model_fields[name].annotation
        inner = _inner_model(annotation)
        told = _listed(value, inner) if inner is not None else value
        shaped[name] = [told] if inner is not None and get_origin(annotation) is tuple else told
    return shaped
