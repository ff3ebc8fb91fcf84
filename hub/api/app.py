"""Builds the app: routes, the edge, and what every error that can reach it turns into. Objects come from `wiring`."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.telemetry import TelemetryConfig

from hub.api.authorisation import check_routes
from hub.api.callers import PROOFS
from hub.api.docs_page import CONTENT_SECURITY_POLICY, docs_page
from hub.api.edge import Edge
from hub.api.errors import ANSWERED, answer_error
from hub.api.openapi import openapi_document
from hub.api.routes import (
    agencies,
    audit,
    bulk,
    callbacks,
    cases,
    catalogue,
    clients,
    consents,
    health,
    prechecks,
    referrals,
    webhooks,
)
from hub.wiring import Services

_SILENT = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False)


def build_app(services: Services) -> FastAPI:
    """Return the app that serves `services`. Starting and stopping them is the caller's.

    Raises:
        AuthorisationGapError: a route has no line in the table of who may call what.
    """
    app = _app_with_routes()
    app.state.services = services
    app.add_middleware(Edge)
    for error in ANSWERED:
        app.add_exception_handler(error, answer_error)
    return app


@cache
def describe() -> dict[str, Any]:
    """Return the OpenAPI document; nothing needs to be running for it. Made when first asked for: it takes a while."""
    return openapi_document(_app_with_routes().routes)


def _app_with_routes() -> FastAPI:
    app = FastAPI(
        title="naru",
        openapi_url=None,  # served below: FastAPI's own page would load its scripts from elsewhere
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_SILENT,  # its spans and logs would hold paths, queries and exception texts
        generate_unique_id_function=lambda route: route.name,
    )
    for module in (
        cases, bulk, referrals, consents, clients, prechecks, catalogue, agencies, webhooks, audit, callbacks, health,
    ):  # fmt: skip
        app.include_router(module.router)
    app.add_api_route("/openapi.json", _openapi, include_in_schema=False)
    app.add_api_route("/docs", _docs, include_in_schema=False)
    check_routes(app.routes, PROOFS)
    return app


@cache
def _page() -> str:
    return docs_page(describe())


async def _openapi() -> Response:
    return JSONResponse(await asyncio.to_thread(describe))


async def _docs() -> Response:
    page = await asyncio.to_thread(_page)
    return HTMLResponse(page, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})
