"""The mock's tokens and notices: who gets in, for how long, and what the agency signs."""

from __future__ import annotations

import base64
import hmac
import json
import time

import pytest
from ccrs_wire import FORM, KEY, Caller, golden

from mocks.ccrs import tokens
from mocks.ccrs.mock import CONTRACT
from mocks.ccrs.notices import build_notice, is_acknowledged, sign


async def test_a_token_opens_the_door() -> None:
    """Without one 401 and nothing done; with one the same request is taken. Nobody may keep the token's answer."""
    caller = Caller()
    status, answer = await caller.post(golden("register.request"))
    assert (status, answer, caller.acts) == (401, {"error": "invalid_token"}, [])
    reply = await caller.ask_token()
    said = json.loads(reply.body)
    assert (reply.status, said["token_type"], said["expires_in"]) == (200, "Bearer", 3600)
    assert ("Cache-Control", "no-store") in reply.headers
    caller.token = said["access_token"]
    assert (await caller.post(golden("register.request")))[0] == 202
    assert json.loads((await caller.ask("GET", "/api/v1/health")).body) == {"status": "UP"}


async def test_a_token_is_asked_for_before_all_else() -> None:
    """Even an address that does not exist is not told to strangers."""
    reply = await Caller().ask("GET", "/nowhere")
    assert (reply.status, dict(reply.headers)["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')


@pytest.mark.parametrize(
    ("form", "media", "expected"),
    [
        ({"client_id": "SOMEBODY"}, "", (401, "invalid_client")),
        ({"client_secret": "guess"}, "", (401, "invalid_client")),
        ({"client_secret": "비밀"}, "", (401, "invalid_client")),
        ({"client_secret": ""}, "", (400, "invalid_request")),
        ({"grant_type": ""}, "", (400, "invalid_request")),
        ({"scope": "all"}, "", (400, "invalid_request")),
        ({"grant_type": "password"}, "", (400, "unsupported_grant_type")),
        ({}, "application/json", (400, "invalid_request")),
    ],
)
async def test_strangers_get_no_token(form: dict[str, str], media: str, expected: tuple[int, str]) -> None:
    """By RFC 6749's errors; the answer repeats nothing."""
    reply = await Caller().ask_token(media or "application/x-www-form-urlencoded", **form)
    assert (reply.status, json.loads(reply.body)) == (expected[0], {"error": expected[1]})


async def test_the_settings_name_the_client() -> None:
    """Another id and secret, and a life of another length."""
    caller = Caller(client_id="HUB", client_secret="sesame", token_seconds="5")
    assert (await caller.ask_token()).status == 401
    reply = await caller.ask_token(client_id="HUB", client_secret="sesame")
    assert json.loads(reply.body)["expires_in"] == 5


async def test_a_token_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """By time, which is not the business clock's, or by order; another one can be had."""
    caller = Caller(token_seconds="60")
    await caller.sign_in()
    caller.desk.clock.advance(3600)
    assert (await caller.get(query=f"clientRequestId={KEY}"))[0] == 404
    later = time.monotonic() + 60
    with monkeypatch.context() as moved:
        moved.setattr(tokens.time, "monotonic", lambda: later)
        assert (await caller.get(query=f"clientRequestId={KEY}"))[0] == 401
    await caller.sign_in()
    assert caller.mock.advance({"tokens": "revoke"}) == {"revoked": 2}
    assert (await caller.get(query=f"clientRequestId={KEY}"))[0] == 401


def test_every_shared_secret_is_a_setting() -> None:
    """What a caller must know too, the mock can be told."""
    kind = type(Caller().mock)
    assert (kind.shared_secrets <= kind.own_settings, kind.shared_secrets <= FORM.keys()) == (True, True)


async def test_a_notice_is_signed_anew_and_keeps_its_nonce() -> None:
    """Each attempt has its own time; the nonce is the notice's, and two notices have two."""
    caller = Caller()
    await caller.sign_in()
    await caller.register()
    for state in ("assigned", "decided"):
        caller.mock.advance({"key": KEY, "to": state})
    application = caller.mock._book.look_up(key=KEY)
    notices = [build_notice(CONTRACT, application, row, "비밀") for row in application.history[1:] for _ in range(2)]
    nonces = [dict(notice.headers)["X-CCRS-Nonce"] for notice in notices]
    assert (nonces[0], nonces[2], len(set(nonces))) == (nonces[1], nonces[3], 2)
    headers, body = dict(notices[0].headers), notices[0].body
    text = f"{headers['X-CCRS-Timestamp']}\n{nonces[0]}\n".encode() + body
    expected = base64.b64encode(hmac.digest("비밀".encode(), text, "sha256")).decode()
    assert headers["X-CCRS-Signature"] == expected
    assert abs(time.time() - int(headers["X-CCRS-Timestamp"])) < 5
    assert json.loads(body)["hst"]["prcsSttsCd"] == "02"


def test_the_golden_signature_is_ours() -> None:
    """Made with openssl, under a secret that is not ASCII."""
    signed = golden("status_notice.signed")
    made = sign(signed["secret"], signed["timestamp"], signed["nonce"], signed["body"].encode())
    assert made == signed["signature"]
    assert CONTRACT.check("StatusNotice", json.loads(signed["body"])) is None


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"rsltCd":"0000"}', True),
        (202, b'{"rsltCd":"0000"}', False),
        (200, b'{"rsltCd":"9001"}', False),
        (200, b'{"rsltCd":"0000","more":1}', False),
        (200, b"", False),
        (200, b"[", False),
    ],
)
def test_only_one_answer_acknowledges(status: int, body: bytes, *, expected: bool) -> None:
    """HTTP 200 and 0000, in the contract's form."""
    assert is_acknowledged(CONTRACT, status, body) is expected
