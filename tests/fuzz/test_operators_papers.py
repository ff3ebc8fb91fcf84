"""What operators and issuers hand over: configuration files, sets of public keys, tokens, exports and checkpoints."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "access"))
sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "audit"))

from issuer_bench import Issuer
from trail import Trail

from adapters.sdk.registry import installed_adapters
from adapters.sdk.testing.fuzzing import fuzz, fuzz_calls
from adapters.sdk.testing.spoilt import MARKS, bodies
from hub.access.issuer_keys import IssuerKeys, keys_in
from hub.access.tokens import TokenRefusedError, Tokens
from hub.audit.checkpoints import CheckpointFile, read_checkpoints
from hub.audit.entries import Action
from hub.audit.exporting import NoExportError, verify_export
from hub.clock import wall_now
from hub.configuration import SettingsError, read_settings

pytestmark = pytest.mark.slow
CONFIG = (Path(__file__).parents[2] / "config.toml").read_bytes()
SMALL = (
    b'mode = "mock"\n[http]\nport = 8100\n[log]\nlevel = "info"\n[adapters.ccrs]\nenabled = false\nclient_id = "x"\n'
)
ENVIRONS = st.dictionaries(
    st.sampled_from(["NARU_HTTP__PORT", "NARU_HTTP", "NARU_ADAPTERS__CCRS__CLIENT_SECRET", "NARU_X__Y__Z", "NARU___",
                     "NARU_STORE__URL", "NARU_ACCESS__JWT__JWKS_URL", "NARU_CLOCK__SOURCE", "NARU_VAULT__KEYS"]),
    st.sampled_from([*(one for told in MARKS.values() for one in told), "", "1", "\u00b2", "//", "http://["]),
    max_size=2,
)  # fmt: skip


def _silent(text: str) -> None:
    assert not any(mark in text for marks in MARKS.values() for mark in marks), text


def test_any_configuration_is_read_or_refused() -> None:
    """Whatever stands in config.toml and in the environment: settings, or every problem by its key and no value."""
    installed = installed_adapters()
    with tempfile.TemporaryDirectory() as made:
        config = Path(made) / "config.toml"

        def check(example: tuple[bytes, dict[str, str]]) -> None:
            body, environ = example
            config.write_bytes(body)
            problems: tuple[str, ...] = ()
            try:
                read_settings(config, environ, installed)
            except SettingsError as error:
                problems = error.problems
            _silent(" ".join(problem.partition(":")[2] for problem in problems))

        fuzz("configuration files", st.tuples(bodies([SMALL, SMALL, CONFIG]), ENVIRONS), check)


async def test_any_token_is_read_or_refused(tmp_path: Path) -> None:
    """Whatever calls itself a JWT: a token of the issuer's, or a refusal that is a code."""
    issuer = Issuer(url="")
    issuer.add("one", "EC")
    keys = tmp_path / "keys.json"
    keys.write_bytes(issuer.jwks())
    settings = issuer.settings(jwks_url="", jwks_file=keys, algorithms=["ES256"])
    tokens = Tokens(settings, IssuerKeys(settings), wall_now)
    good = [issuer.token(alg="ES256").encode(), issuer.token(alg="ES256", scope=["read", 1]).encode()]

    async def check(body: bytes) -> None:
        why = ""
        try:
            await tokens.read(body.decode("latin-1"))
        except TokenRefusedError as error:
            why = f"{error} {error.why}"
        _silent(why)

    names = st.sampled_from(["exp", "nbf", "aud", "sub", "naru_centre", "scope", "iss"])
    values = st.sampled_from([None, 1e300, 10**30, [], {}, "", "\u00b2", *MARKS["a name in an answer"]])
    claims = st.dictionaries(names, values, max_size=2)
    signed = claims.map(lambda more: issuer.token(alg="ES256", **more).encode())
    await fuzz_calls("JWTs", bodies(good) | signed, check)


def test_any_set_of_keys_is_read_or_refused() -> None:
    """Whatever an issuer answers with: its keys, or a ValueError without a word of it."""
    issuer = Issuer()
    for kid, kind in (("one", "EC"), ("two", "OKP"), ("three", "RSA")):
        issuer.add(kid, kind)

    def check(body: bytes) -> None:
        why = ""
        try:
            keys_in(body)
        except ValueError as error:
            why = str(error)
        _silent(why)

    told = json.loads(issuer.jwks())
    told["keys"] = [{**key, "key_ops": ["verify"], "alg": "ES256", "x5c": ["MA=="]} for key in told["keys"]]
    fuzz("sets of keys (JWKS)", bodies([issuer.jwks(), json.dumps(told).encode()]), check)


def test_any_export_is_verified_or_refused(tmp_path: Path) -> None:
    """Whatever is handed to `naru audit verify`, as export and as checkpoints: a report, or that it is no export."""
    trail = Trail(f"sqlite:///{tmp_path}/naru.db", tmp_path)
    for action in list(Action)[1:8]:
        trail.write(1, action=action, client_id="cli_1", origin="10.0.0.7", data={})
        trail.seal()
    asyncio.run(trail.checkpoint())
    whole = "\n".join(line.rstrip("\n") for line in trail.export()).encode()
    files = read_checkpoints(trail.settings.folder)
    written = [path.read_bytes() for path in trail.settings.folder.rglob("*") if path.is_file()]
    good = verify_export([*whole.decode().splitlines(keepends=True)], files, trail.keys)
    assert good.is_intact, json.dumps([str(one) for one in good.findings])

    def check(example: tuple[bytes, bytes]) -> None:
        lines, book = (one.decode("utf-8", "replace") for one in example)
        try:
            report = verify_export(lines.splitlines(keepends=True), [CheckpointFile.from_text("x", book)], trail.keys)
        except NoExportError:
            return
        _silent(" ".join(map(str, report.findings)))

    fuzz("audit exports and checkpoints", st.tuples(bodies([whole]), bodies(written)), check)
    trail.close()
