from __future__ import annotations

from datetime import timedelta

import httpx
from api_bench import Bench, case

from hub.access.holders import CENTRE, add_key
from hub.access.keys import revoke_key
from hub.api.app import describe
from hub.api.webhook_bodies import NEW_WEBHOOK
from hub.clock import wall_now

OPEN = {"/livez", "/readyz"}


def _calls() -> list[tuple[str, str]]:
    """Return every route that belongs to a centre."""
    return [
        (method, path)
        for path, item in describe()["paths"].items()
        for method in item
        if path not in OPEN and not path.startswith("/v1/callbacks/")
    ]


def _told(reply: httpx.Response) -> tuple[int, object]:
    return reply.status_code, reply.json()


async def test_no_anonymous_call(bench: Bench) -> None:
    """Every route of the API asks for a key, and says so in one way whatever is wrong with it (RFC 6750 3.1)."""
    wrong = (
        ({}, ""),
        ({"Authorization": f"Basic {bench.key}"}, ""),
        ({"Authorization": "Bearer nothing"}, ', error="invalid_token"'),
        ({"Authorization": f"Bearer {bench.key[:-1]}"}, ', error="invalid_token"'),
        ({b"Authorization": "Bearer 가".encode()}, ', error="invalid_token"'),
    )
    replies = [
        (await bench.nobody.request(method, path, headers=headers), f'Bearer realm="naru"{error}')
        for method, path in _calls()
        for headers, error in wrong
    ]

    assert len(replies) > 50
    assert {reply.status_code for reply, _ in replies} == {401}
    assert [reply.headers["www-authenticate"] for reply, _ in replies] == [asked for _, asked in replies]
    assert len({reply.text for reply, _ in replies}) == 1


async def test_revoked_or_expired_key_opens_nothing(bench: Bench) -> None:
    """From the moment that it is revoked or over, a key is like any other wrong one."""
    store, now = bench.services.store, wall_now()
    expired = store.write_now(
        lambda conn: add_key(conn, CENTRE, bench.centre_id, now, expires_at=now - timedelta(seconds=1))
    )
    store.write_now(lambda conn: revoke_key(conn, bench.key.split("_")[1], now))
    replies = [
        await bench.nobody.get("/v1/agencies", headers={"Authorization": f"Bearer {key}"})
        for key in (bench.key, expired.text)
    ]

    assert [reply.status_code for reply in replies] == [401, 401]


async def test_other_centres_ids_are_like_unknown_ones(bench: Bench) -> None:
    """To another centre an id that exists answers exactly as one that does not, on every route with ids."""
    accepted = await bench.accept()
    ids = {
        "case_id": accepted["id"],
        "client_id": accepted["client_id"],
        "referral_id": accepted["referrals"][0]["id"],
        "consent_id": accepted["consents"][0],
        "webhook_id": (await bench.ask.post("/v1/webhooks", json=NEW_WEBHOOK)).json()["id"],
    }
    bodies = {
        "resolve": {"arrived": False, "reason": "x"},
        "rotate": {},
        "redeliver": {},
        "override": {"reason": "x"},
        "acknowledge": {"reason": "x"},
        "supplement": {"opinion": "x"},
        "close": {"outcome": "other", "reason": "x"},
        "referrals": {"referrals": case()["referrals"]},
    }
    asked = [(method, path) for method, path in _calls() if "_id}" in path and "service_id" not in path]
    theirs, unknown = [], []
    for method, path in asked:
        for answers, known in ((theirs, ids), (unknown, dict.fromkeys(ids, "none_00000000000000000000000000"))):
            body = {} if method == "patch" else bodies.get(path.rpartition("/")[2]) if method == "post" else None
            reply = await bench.other.request(
                method, path.format(**known), json=body, headers={"Idempotency-Key": f"{len(answers)}"}
            )
            answers.append((path, *_told(reply)))

    assert theirs == unknown
    assert {status for _, status, _ in theirs} == {404}


async def test_consents_go_to_own_cases_only(bench: Bench) -> None:
    """A consent cannot be added to another centre's case, which answers like an unknown one."""
    accepted = await bench.accept()
    replies = [await bench.add_consents(case_id, ask=bench.other) for case_id in (accepted["id"], "case_none")]

    assert [reply.status_code for reply in replies] == [404, 404]
    assert replies[0].json() == replies[1].json()


async def test_listing_shows_own_referrals_only(bench: Bench) -> None:
    """A centre's list holds its own referrals and no other's."""
    await bench.accept()
    replies = [(await client.get("/v1/referrals")).json() for client in (bench.ask, bench.other)]

    assert [len(reply["referrals"]) for reply in replies] == [1, 0]
