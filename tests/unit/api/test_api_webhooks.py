"""Webhooks by the API: what a centre may do to its own, what it sees of them, and a test call to a real socket."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from api_bench import Bench
from standardwebhooks import Webhook

from hub.api.webhook_bodies import NEW_WEBHOOK
from hub.api.webhook_views import words_of
from hub.notices.judging import Failure
from hub.notices.sender import Sender
from hub.notices.targets import unseal_target
from hub.store.messages import shelve_older
from hub.store.webhooks import webhook_by_id

URL = str(NEW_WEBHOOK["url"])


async def register(bench: Bench, **changes: Any) -> dict[str, Any]:
    """Register a webhook and return the answer."""
    reply = await bench.ask.post("/v1/webhooks", json=NEW_WEBHOOK | changes)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def test_the_secret_is_shown_once(bench: Bench) -> None:
    """Registering and rotating show a secret; no other answer does."""
    made = await register(bench)
    place = f"/v1/webhooks/{made['id']}"
    rotated = (await bench.ask.post(f"{place}/rotate", json={"overlap_hours": 2})).json()
    answers = [await bench.ask.get(place), await bench.ask.get("/v1/webhooks"), await bench.ask.patch(place, json={})]
    assert made["secret"].startswith("whsec_")
    assert (rotated["id"], rotated["secret"] == made["secret"]) == (made["id"], False)
    assert [reply.status_code for reply in answers] == [200, 200, 200]
    assert [reply for reply in answers if "whsec_" in reply.text] == []
    assert answers[0].json()["previous_secret_until"] == rotated["previous_secret_until"] is not None


async def test_a_rotation_without_overlap_ends_the_old_secret_at_once(bench: Bench) -> None:
    """For a secret that others know."""
    made = await register(bench)
    rotated = (await bench.ask.post(f"/v1/webhooks/{made['id']}/rotate", json={"overlap_hours": 0})).json()
    store, vault = bench.services.store, bench.services.vault
    record = store.read_now(lambda conn: webhook_by_id(conn, made["id"]))
    assert record is not None
    target = unseal_target(vault, record.id, record.sealed_target)
    assert (rotated["previous_secret_until"], target.previous, target.secret) == (None, None, rotated["secret"])


async def test_what_is_left_out_of_a_change_stays(bench: Bench) -> None:
    """Address, subjects and switch are changed one by one; the secret stays."""
    made = await register(bench, events=["referral"])
    place = f"/v1/webhooks/{made['id']}"
    changes: list[dict[str, Any]] = [{"events": ["agency"]}, {"enabled": False}, {"url": f"{URL}/2"}, {"enabled": True}]
    seen = [(await bench.ask.patch(place, json=change)).json() for change in changes]
    told = [(one["url"], one["events"], one["enabled"], one["disabled_by"]) for one in seen]
    assert told == [
        (URL, ["agency"], True, None),
        (URL, ["agency"], False, "centre"),
        (f"{URL}/2", ["agency"], False, "centre"),
        (f"{URL}/2", ["agency"], True, None),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://centre.example/",
        "https://u:p@centre.example/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "http://127.0.0.1/",
    ],
)
async def test_an_address_that_must_not_be_called_is_refused(bench: Bench, url: str) -> None:
    """At registration and at a change, in words, by its place in the body, and without repeating it."""
    made = await register(bench)
    replies = [
        await bench.ask.post("/v1/webhooks", json={"url": url}),
        await bench.ask.patch(f"/v1/webhooks/{made['id']}", json={"url": url}),
    ]
    for reply in replies:
        (fault,) = reply.json()["errors"]
        assert (reply.status_code, fault["pointer"], fault["code"]) == (422, "/url", "invalid_value")
        assert fault["detail"].startswith("주소")
        assert url not in reply.text


async def test_a_removed_webhook_is_unknown(bench: Bench) -> None:
    """Removing answers 204 once; then there is none."""
    place = f"/v1/webhooks/{(await register(bench))['id']}"
    assert [(await bench.ask.delete(place)).status_code for _ in range(2)] == [204, 404]
    assert (await bench.ask.get("/v1/webhooks")).json() == {"webhooks": []}


async def test_a_centre_lists_its_own(bench: Bench) -> None:
    """Another centre's webhooks are not in the list."""
    made = await register(bench)
    listed = [(await client.get("/v1/webhooks")).json()["webhooks"] for client in (bench.ask, bench.other)]
    assert [[one["id"] for one in each] for each in listed] == [[made["id"]], []]


async def test_enough_is_enough(bench: Bench) -> None:
    """Past the limit, one must go before another comes."""
    for _ in range(bench.services.settings.webhooks.most_per_centre):
        await register(bench)
    reply = await bench.ask.post("/v1/webhooks", json=NEW_WEBHOOK)
    assert (reply.status_code, reply.json()["type"]) == (409, "urn:naru:problem:too-many-webhooks")


async def test_what_was_given_up_is_listed_in_pages_and_sent_again(bench: Bench) -> None:
    """The shelf names ids and codes, with words; asked for, its messages wait to be sent."""
    place = f"/v1/webhooks/{(await register(bench))['id']}"
    accepted = [await bench.accept(key=key) for key in ("key-1", "key-2")]
    later = bench.services.clock.now() + timedelta(seconds=1)
    bench.services.store.write_now(lambda conn: shelve_older(conn, later, later, 0.0, Failure.TOO_OLD))
    pages = [await bench.ask.get(f"{place}/shelf", params={"limit": 1})]
    pages.append(await bench.ask.get(pages[0].links["next"]["url"]))
    told = [page.json()["messages"][0] for page in pages]
    referrals = {one["referrals"][0]["id"] for one in accepted}
    assert {one["referral_id"] for one in told} <= referrals
    assert {(one["why"], one["why_text"]) for one in told} == {("too_old", words_of("too_old"))}
    before = (await bench.ask.get(place)).json()["shelved"]
    one = await bench.ask.post(f"{place}/redeliver", json={"messages": [told[0]["id"], "msg_none"]})
    rest = await bench.ask.post(f"{place}/redeliver", json={})
    after = (await bench.ask.get(place)).json()
    assert (one.json()["count"], 1 + rest.json()["count"]) == (1, before)
    assert (after["shelved"], after["waiting"]) == (0, before)


async def test_a_ping_tells_what_came_of_it(bench: Bench) -> None:
    """It goes out at once, signed, also to a webhook that is off; its failure is told in a code and in words."""
    answers, came = [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n"], []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.readuntil(b"}"))
        writer.write(answers.pop(0))
        await writer.drain()
        writer.close()

    made = await register(bench)
    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        plain = replace(bench.services, sender=Sender(bench.services.settings.webhooks, plain_loopback=True))
        bench.app.state.services = plain
        place = f"/v1/webhooks/{made['id']}"
        await bench.ask.patch(place, json={"url": url, "enabled": False})
        told = [(await bench.ask.post(f"{place}/ping")).json() for _ in range(2)]
        await plain.sender.aclose()
    assert told[0] == {"delivered": True, "status": 204, "why": None, "why_text": None}
    assert (told[1]["delivered"], told[1]["status"], told[1]["why"]) == (False, 401, "status_401")
    head, _, body = came[0].decode().partition("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    assert Webhook(made["secret"]).verify(body + "}", headers)["type"] == "webhook.ping"


@pytest.mark.parametrize("why", [*Failure, "status_500"])
def test_every_failure_has_words(why: str) -> None:
    """Staff read a Korean sentence."""
    words = words_of(why) or ""
    assert words.endswith(".")
    assert "_" not in words
