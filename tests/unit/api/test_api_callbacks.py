from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest
from api_bench import Bench

from hub.following.shelf import shelve_calls
from hub.settings import DeliverySettings


async def test_callback_is_answered_in_the_agencys_form(bench: Bench) -> None:
    """A call that proves itself is taken in, and answered with the agency's own bytes and media type."""
    accepted = await bench.accept()
    referral_id = accepted["referrals"][0]["id"]
    async with bench.engine_running():
        told = await bench.until(referral_id, "delivered")
    body = json.dumps({"key": told["wire_key"], "state": "assigned"})
    reply = await bench.nobody.post("/v1/callbacks/pier/sub/path", content=body, headers={"X-Pier": "signed"})
    after = await bench.referral(referral_id)

    assert (reply.status_code, reply.text, reply.headers["content-type"]) == (200, "<ok/>", "text/xml; charset=utf-8")
    assert (after["business"], after["raw_code"]) == ("assigned", "/sub/path")


async def test_unproved_callback_is_refused_in_the_agencys_form(bench: Bench) -> None:
    """A call that proves nothing gets the agency's own refusal."""
    reply = await bench.nobody.post("/v1/callbacks/pier", content=b"{}")

    assert (reply.status_code, reply.text) == (403, "<no/>")


async def test_twice_signed_callback_is_not_believed(bench: Bench) -> None:
    """Two signature headers are not one: the adapter sees both."""
    reply = await bench.nobody.post(
        "/v1/callbacks/pier", content=b"{}", headers=[("X-Pier", "forged"), ("X-Pier", "signed")]
    )

    assert reply.status_code == 403


@pytest.mark.parametrize("slug", ["nobody", "wreck"])
async def test_callback_of_no_agency_is_not_found(bench: Bench, slug: str) -> None:
    """Nobody answers for an agency that is not there or not active."""
    assert (await bench.nobody.post(f"/v1/callbacks/{slug}", content=b"{}")).status_code == 404


async def test_what_names_nobody_is_counted_for_operators(bench: Bench) -> None:
    """The hub's operators see how much waits, how much lies on the shelf, and since when; a centre sees none of it."""
    body = json.dumps({"key": "PR-UNKNOWN", "state": "assigned"})
    await bench.nobody.post("/v1/callbacks/pier", content=body, headers={"X-Pier": "signed"})

    async def told(who: httpx.AsyncClient) -> dict[str, Any]:
        listed = (await who.get("/v1/agencies")).json()["agencies"]
        return {agency["slug"]: agency["unmatched"] for agency in listed}

    waiting = (await told(bench.operator))["pier"]
    room = replace(bench.services.worker._room, settings=DeliverySettings(unmatched_hours=1e-9))
    bench.services.store.write_now(partial(shelve_calls, room=room))
    after, paused = await told(bench.operator), await bench.operator.post("/v1/agencies/pier/pause")
    shelved = {"waiting": 0, "shelved": 1, "since": waiting["since"]}

    assert (waiting["waiting"], waiting["shelved"], waiting["since"] is None) == (1, 0, False)
    assert after == {"pier": shelved, "wreck": {"waiting": 0, "shelved": 0, "since": None}}
    assert (paused.json()["unmatched"], await told(bench.ask)) == (shelved, {"pier": None, "wreck": None})


async def test_oversize_callback_is_refused(bench: Bench) -> None:
    """A callback over the cap is cut off like any other body."""
    reply = await bench.nobody.post("/v1/callbacks/pier", content=b" " * (1024 * 1024 + 1))

    assert reply.status_code == 413
