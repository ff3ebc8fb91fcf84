"""Builds the app: routes, the edge, and what every error that can reach it turns into. Objects come from `wiring`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.telemetry import TelemetryConfig

from hub.api.docs_page import CONTENT_SECURITY_POLICY, docs_page
from hub.api.edge import Edge
from hub.api.errors import ANSWERED, answer_error
from hub.api.openapi import openapi_document
from hub.api.routes import agencies, callbacks, cases, consents, health, referrals
from hub.wiring import Services

_SILENT = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False)


def build_app(services: Services) -> FastAPI:
    """Return the app that serves `services`. Starting and stopping them is the caller's."""
    app = _app_with_routes()
    app.state.services = services
    app.add_middleware(Edge)
    for error in ANSWERED:
        app.add_exception_handler(error, answer_error)
    _add_description(app, describe(app))
    return app


def describe(app: FastAPI | None = None) -> dict[str, Any]:
    """Return the OpenAPI document; nothing needs to be running for it."""
    return openapi_document((app or _app_with_routes()).routes)


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
    for module in (cases, referrals, consents, agencies, callbacks, health):
        app.include_router(module.router)
    return app


def _add_description(app: FastAPI, document: dict[str, Any]) -> None:
    page = docs_page(document)

    async def openapi() -> Response:
        return JSONResponse(document)

    async def docs() -> Response:
        return HTMLResponse(page, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})

    app.add_api_route("/openapi.json", openapi, include_in_schema=False)
    app.add_api_route("/docs", docs, include_in_schema=False)
