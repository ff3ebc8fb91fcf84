from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from issuer_bench import AUDIENCE, CENTRE, ISSUER, Issuer, issuing
from joserfc.jwk import RSAKey

from hub.access.issuer_keys import IssuerKeys
from hub.access.scopes import Scope
from hub.access.tokens import Token, TokenRefusedError, Tokens
from hub.clock import wall_now


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """An issuer with an RSA, an EC and an Ed25519 key."""
    async with issuing("RSA", "EC", "OKP") as opened:
        yield opened


async def read(issuer: Issuer, text: str, **settings: Any) -> Token:
    keys = IssuerKeys(issuer.settings(**settings))
    try:
        return await Tokens(issuer.settings(**settings), keys, wall_now).read(text)
    finally:
        await keys.aclose()


async def why_not(issuer: Issuer, text: str, **settings: Any) -> str:
    with pytest.raises(TokenRefusedError) as refused:
        await read(issuer, text, **settings)
    return refused.value.why


def _part(said: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


async def test_a_good_token_tells_who_for_which_centre_and_what_it_opens(issuer: Issuer) -> None:
    """The scopes are those that we know of the issuer's words."""
    assert await read(issuer, issuer.token()) == Token(
        "person@example.org", CENTRE, frozenset({Scope.READ, Scope.CASES})
    )


@pytest.mark.parametrize(("kid", "alg"), [("one", "RS256"), ("one", "PS384"), ("two", "ES256"), ("three", "Ed25519")])
async def test_every_listed_kind_of_signature_is_read(issuer: Issuer, kid: str, alg: str) -> None:
    """RSA in both paddings, elliptic curves, Edwards curves: what the list allows."""
    assert (await read(issuer, issuer.token(kid, alg), algorithms=[alg])).centre_id == CENTRE


async def test_an_algorithm_that_is_not_listed_is_refused(issuer: Issuer) -> None:
    """Though the key is the issuer's and the signature good."""
    assert await why_not(issuer, issuer.token("one", "RS512")) == "token_algorithm"


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE"])
async def test_a_token_without_a_signature_is_refused(issuer: Issuer, name: str) -> None:
    """`alg: none` in any letters, with an empty signature or the one of a good token."""
    _, claims, signature = issuer.token().split(".")
    head = _part({"alg": name, "kid": "one", "typ": "at+jwt"})

    assert {await why_not(issuer, f"{head}.{claims}.{tail}") for tail in ("", signature)} == {"token_algorithm"}


async def test_a_public_key_is_no_secret_to_sign_with(issuer: Issuer) -> None:
    """RS/HS confusion: an HMAC under the text of the public key, in each form that it has, opens nothing."""
    _, claims, _ = issuer.token().split(".")
    public = issuer.keys["one"].as_dict(private=False)
    texts = [issuer.keys["one"].as_pem(private=False), json.dumps(public).encode(), issuer.jwks()]
    for algorithm in ("HS256", "RS256"):
        signed = f"{_part({'alg': algorithm, 'kid': 'one', 'typ': 'at+jwt'})}.{claims}"
        for text in texts:
            digest = hmac.digest(text, signed.encode(), hashlib.sha256)
            tail = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            assert await why_not(issuer, f"{signed}.{tail}") in {"token_algorithm", "token_signature"}


def test_hmac_and_none_cannot_be_configured(issuer: Issuer) -> None:
    """The list takes signatures of key pairs only."""
    for name in ("HS256", "HS512", "none"):
        with pytest.raises(ValueError, match="algorithms"):
            issuer.settings(algorithms=[name])


async def test_a_symmetric_key_in_the_set_is_passed_over(issuer: Issuer) -> None:
    """An issuer that publishes a secret has published it to everybody."""
    secret = {"kty": "oct", "kid": "four", "k": _part("x" * 40)}
    issuer.body = json.dumps({"keys": [secret, *json.loads(issuer.jwks())["keys"]]}).encode()
    text = issuer.token().split(".")
    head = _part({"alg": "RS256", "kid": "four", "typ": "at+jwt"})

    assert await why_not(issuer, f"{head}.{text[1]}.{text[2]}") == "token_key_unknown"


@pytest.mark.parametrize(("named", "why"), [
    ("two", "token_signature"), ("nobody", "token_key_unknown"), ("../one", "token_key_unknown"),
    (None, "token_key_unnamed"), (1, "token_key_unnamed"), ("", "token_key_unnamed"),
])  # fmt: skip
async def test_a_token_is_judged_by_the_key_that_it_names(issuer: Issuer, named: object, why: str) -> None:
    """Naming another key of the issuer's, none, or one that it has not: nothing is guessed."""
    head, claims, signature = issuer.token().split(".")
    said = {"alg": "RS256", "kid": named, "typ": "at+jwt"}
    head = _part({name: value for name, value in said.items() if value is not None})

    assert await why_not(issuer, f"{head}.{claims}.{signature}") == why


async def test_a_key_in_the_token_itself_is_not_believed(issuer: Issuer) -> None:
    """Neither `jwk` nor `jku` says by what a token is judged."""
    other = RSAKey.generate_key(2048)
    mine = Issuer(keys={"one": other})
    for more in ({"jwk": other.as_dict(private=False)}, {"jku": "http://127.0.0.1:9/keys"}):
        assert await why_not(issuer, mine.token(header=more)) in {"token_signature", "token_malformed"}


async def test_a_key_for_something_else_is_not_used(issuer: Issuer) -> None:
    """`use: enc`, other key operations, or another algorithm of the key's own."""
    for more in ({"use": "enc"}, {"key_ops": ["encrypt"]}, {"alg": "PS256"}):
        entry = {**issuer.keys["one"].as_dict(private=False), "kid": "one"} | more
        issuer.body = json.dumps({"keys": [entry, *json.loads(issuer.jwks())["keys"][1:]]}).encode()
        assert await why_not(issuer, issuer.token()) in {"token_key_unknown", "token_algorithm"}


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        (lambda now: {"exp": now - 31}, "token_expired"),
        (lambda _: {"exp": None}, "token_claims"),
        (lambda _: {"exp": "tomorrow"}, "token_claims"),
        (lambda now: {"nbf": now + 60}, "token_claims"),
        (lambda now: {"iat": now + 60}, "token_claims"),
        (lambda _: {"aud": "another"}, "token_claims"),
        (lambda _: {"aud": ["another", "third"]}, "token_claims"),
        (lambda _: {"aud": None}, "token_claims"),
        (lambda _: {"aud": f"{AUDIENCE} another"}, "token_claims"),
        (lambda _: {"iss": f"{ISSUER}/"}, "token_claims"),
        (lambda _: {"iss": None}, "token_claims"),
        (lambda _: {"sub": None}, "token_claims"),
        (lambda _: {"sub": ""}, "token_claims"),
        (lambda _: {"sub": "half \ud83c of a character"}, "token_claims"),
        (lambda _: {"sub": 7}, "token_claims"),
        (lambda _: {"naru_centre": f"{CENTRE}\ud83c"}, "token_centre"),
        (lambda _: {"naru_centre": f"{CENTRE}\x00"}, "token_centre"),
        (lambda _: {"naru_centre": None}, "token_centre"),
        (lambda _: {"naru_centre": [CENTRE]}, "token_centre"),
        (lambda _: {"naru_centre": ""}, "token_centre"),
    ],
)
async def test_what_a_token_must_say(issuer: Issuer, claims: Callable[[int], dict[str, Any]], why: str) -> None:
    """For us, of the issuer, about somebody, of a centre, now: each that is missing or wrong is enough."""
    assert await why_not(issuer, issuer.token(**claims(int(time.time())))) == why


async def test_the_issuers_clock_may_differ_a_little(issuer: Issuer) -> None:
    """By what the settings say, in both directions."""
    now = int(time.time())
    late, early = issuer.token(exp=now - 10), issuer.token(nbf=now + 10)

    assert [(await read(issuer, text)).centre_id for text in (late, early)] == [CENTRE, CENTRE]
    assert [await why_not(issuer, text, leeway_seconds=0) for text in (late, early)] == [
        "token_expired",
        "token_claims",
    ]


async def test_several_audiences_may_hold_ours(issuer: Issuer) -> None:
    """`aud` may be a list (RFC 7519 4.1.3)."""
    assert (await read(issuer, issuer.token(aud=["another", AUDIENCE]))).centre_id == CENTRE


@pytest.mark.parametrize(("kind", "fits"), [
    ("at+jwt", True), ("AT+JWT", True), ("application/at+jwt", True), ("JWT", False), ("", False), (None, False),
])  # fmt: skip
async def test_the_type_of_a_token_is_looked_at(issuer: Issuer, kind: str | None, *, fits: bool) -> None:
    """An ID token, or one for another protocol, is signed by the same keys and is no access token."""
    text = issuer.token(header={"typ": kind})
    if fits:
        assert (await read(issuer, text)).centre_id == CENTRE
    else:
        assert await why_not(issuer, text) == "token_type"


async def test_another_type_may_be_allowed(issuer: Issuer) -> None:
    """Some issuers write `JWT`."""
    assert (await read(issuer, issuer.token(header={"typ": "JWT"}), types=["jwt"])).centre_id == CENTRE


@pytest.mark.parametrize(("said", "scopes"), [
    ("read", {Scope.READ}), (["read", "audit", 7], {Scope.READ, Scope.AUDIT}), ("READ", set()), (None, set()),
    (7, set()),
])  # fmt: skip
async def test_scopes_come_as_a_text_or_a_list(issuer: Issuer, said: object, scopes: set[Scope]) -> None:
    """Whatever else the claim holds opens nothing."""
    assert (await read(issuer, issuer.token(scope=said))).scopes == scopes


async def test_claims_may_have_other_names(issuer: Issuer) -> None:
    """An issuer that cannot write ours is told apart by configuration."""
    text = issuer.token(naru_centre=None, scope=None, org="ctr_7", permissions=["read"])
    token = await read(issuer, text, centre_claim="org", scope_claim="permissions")

    assert (token.centre_id, token.scopes) == ("ctr_7", {Scope.READ})


@pytest.mark.parametrize("text", [
    "..", "a.b.c", "e30.e30.e30", "가.나.다", f"{_part([])}.e30.", f"{_part('x')}.e30.", f"{_part({'alg': []})}.e30.",
    "[" * 300 + "..",
    f"{base64.urlsafe_b64encode(b'[' * 380).decode()}.e30.", "a" * 9000 + "..",
])  # fmt: skip
async def test_what_is_no_token_is_refused_as_one(issuer: Issuer, text: str) -> None:
    """Nothing that is presented ends otherwise."""
    assert await why_not(issuer, text) in {"token_malformed", "token_algorithm"}


async def test_a_changed_byte_is_noticed(issuer: Issuer) -> None:
    """In the header, in the claims, in the signature."""
    parts = issuer.token().split(".")
    for place in range(3):
        changed, middle = list(parts), len(parts[place]) // 2
        changed[place] = (
            changed[place][:middle] + ("A" if changed[place][middle] != "A" else "B") + changed[place][middle + 1 :]
        )
        assert await why_not(issuer, ".".join(changed))
