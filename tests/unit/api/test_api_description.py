from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import jsonschema_rs
import pytest
from api_bench import Bench

from hub.api import examples, webhook_bodies
from hub.api.app import describe
from hub.api.asked import (
    Acknowledgement,
    Bulk,
    BulkAction,
    ClientSearch,
    Closing,
    MoreConsents,
    MoreReferrals,
    Override,
    Precheck,
    Resolution,
)
from hub.api.precheck_views import Room
from hub.api.problems import KINDS
from hub.api.standing import Party, WaitsOn
from hub.api.webhook_bodies import NewWebhook, Redelivery, Rotation, WebhookChange
from hub.clients.outcomes import SendOutcome
from hub.delivery.holding import Holding
from hub.notices.desk import Subject
from hub.routing.prechecks import Outlook
from hub.routing.rules import Verdict
from hub.store.register import EntryKind
from schemas.case import CaseDocument
from schemas.events import EventKind
from schemas.referral import Supplement
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode

BODIES = [
    (CaseDocument, examples.CASE),
    (MoreReferrals, examples.MORE_REFERRALS),
    (MoreConsents, examples.MORE_CONSENTS),
    (Resolution, examples.RESOLUTION),
    (Override, examples.OVERRIDE),
    (Acknowledgement, examples.ACKNOWLEDGEMENT),
    (Closing, examples.CLOSING),
    (Precheck, examples.PRECHECK),
    (Supplement, examples.SUPPLEMENT),
    (Bulk, examples.BULK),
    (ClientSearch, examples.CLIENT_SEARCH),
    (NewWebhook, webhook_bodies.NEW_WEBHOOK),
    (WebhookChange, webhook_bodies.WEBHOOK_CHANGE),
    (Rotation, webhook_bodies.ROTATION),
    (Redelivery, webhook_bodies.REDELIVERY),
]


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in describe()["paths"].items():
        for method, operation in item.items():
            yield f"{method} {path}", operation


def _references(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        yield from (tree[key] for key in tree if key == "$ref")
        tree = list(tree.values())
    if isinstance(tree, list):
        for inner in tree:
            yield from _references(inner)


def test_description_is_openapi_31_and_whole() -> None:
    """Every reference leads somewhere, and every schema is a JSON Schema of the dialect that OpenAPI 3.1 uses."""
    document = describe()
    schemas = document["components"]["schemas"]
    dangling = [ref for ref in _references(document) if ref.rpartition("/")[2] not in schemas]
    for schema in schemas.values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema)

    assert document["openapi"] == "3.1.0"
    assert dangling == []


def test_every_operation_tells_its_errors() -> None:
    """Every operation has words in Korean, an answer to a defect, problem+json for its errors, and 401 if it asks."""
    for name, operation in _operations():
        errors = {status: answer for status, answer in operation["responses"].items() if status[0] in "45"}
        others = {
            status for status, answer in errors.items() if list(answer["content"]) != ["application/problem+json"]
        }

        assert (name, bool(re.search("[가-힣]", operation["summary"]))) == (name, True)
        assert (name, "500" in errors) == (name, True)
        assert (name, "401" in errors) == (name, "security" in operation)
        assert (name, others) == (name, {"503"} if name == "get /readyz" else set())


@pytest.mark.parametrize(("model", "example"), BODIES, ids=lambda part: getattr(part, "__name__", ""))
def test_examples_fit_description_and_model(model: type[Any], example: dict[str, Any]) -> None:
    """What the description shows as an example fits its own schema, and is taken by the model."""
    document = describe()
    schema = {"$ref": f"#/components/schemas/{model.__name__}", "components": document["components"]}

    assert jsonschema_rs.validator_for(schema).is_valid(example)
    assert model.model_validate(example) is not None


def test_no_description_speaks_of_python() -> None:
    """What a docstring says to programmers about exceptions is not shown to callers."""
    assert "Raises:" not in json.dumps(describe())


@pytest.mark.parametrize(
    "values",
    [
        DeliveryStatus,
        BusinessStatus,
        EventKind,
        OutcomeCode,
        WaitsOn,
        Party,
        Verdict,
        Outlook,
        Room,
        Subject,
        BulkAction,
        Holding,
        EntryKind,
        SendOutcome,
    ],
)
def test_every_status_is_explained(values: type[StrEnum]) -> None:
    """Each value that an application has to understand is explained in Korean where its type is described."""
    description = describe()["components"]["schemas"][values.__name__]["description"]

    assert [value for value in values if not re.search(rf"^`{value}`: [가-힣]", description, re.MULTILINE)] == []


async def test_docs_page_loads_nothing(bench: Bench) -> None:
    """The docs page has no script and no address of elsewhere; its one style sheet is known by its hash."""
    reply = await bench.nobody.get("/docs")
    page = reply.text.replace(webhook_bodies.NEW_WEBHOOK["url"], "")  # an example that is only shown
    style = re.search("<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|src=|href=\"(?!#|/openapi\.json)|//", page)
    assert f"style-src 'sha256-{digest}'" in reply.headers["content-security-policy"]
    assert "default-src 'none'" in reply.headers["content-security-policy"]


async def test_docs_page_tells_everything(bench: Bench) -> None:
    """Every operation, schema and kind of problem is on the page."""
    page = (await bench.nobody.get("/docs")).text
    missing = [
        operation["operationId"] for _, operation in _operations() if f'id="{operation["operationId"]}"' not in page
    ]
    missing += [kind.uri for kind in KINDS if kind.uri not in page]
    missing += [name for name in describe()["components"]["schemas"] if f'id="schema-{name}"' not in page]

    assert missing == []


async def test_description_is_served(bench: Bench) -> None:
    """What is served is what `naru openapi` prints, to anybody."""
    assert (await bench.nobody.get("/openapi.json")).json() == describe()
