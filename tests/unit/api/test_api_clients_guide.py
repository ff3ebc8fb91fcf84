"""What docs/clients.md tells people to type is asked of the API here, word for word."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_bench import Bench, case

GUIDE = Path(__file__).parents[3] / "docs/clients.md"
DEMO = GUIDE.parents[1] / "examples/cases/everything-qualifies.json"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8100"


def _typed() -> Iterator[list[str]]:
    for block in BLOCK.findall(GUIDE.read_text("utf-8")):
        yield from (shlex.split(line) for line in block.splitlines() if line.startswith("curl "))


async def _ask(bench: Bench, words: list[str], known: dict[str, str]) -> httpx.Response:
    """Send what curl would send."""
    said = [re.sub(r"\$([A-Z_]+)", lambda name: known[name[1]], word) for word in words]
    headers = dict(said[place + 1].split(": ", 1) for place, word in enumerate(said) if word == "-H")
    body = said[said.index("-d") + 1] if "-d" in said else None
    address = next(word for word in said if word.startswith(ADDRESS)).removeprefix(ADDRESS)
    return await bench.nobody.request("POST" if body else "GET", address, headers=headers, content=body)


@pytest.mark.parametrize("words", list(_typed()), ids=lambda words: " ".join(words[2:3] + words[-2:])[-60:])
async def test_what_the_guide_types_is_answered(bench: Bench, words: list[str]) -> None:
    """Every command answers 200, in the form that it asks for."""
    demo, document = json.loads(DEMO.read_text("utf-8"))["client"], case()
    document["client"] |= {name: demo[name] for name in ("name", "birth_date", "phones")}  # whom the guide looks for
    accepted = await bench.accept(document)
    known = {
        "CENTRE_KEY": bench.key, "CLIENT": accepted["client_id"], "CONSENT": accepted["consents"][0],
        "REFERRAL": accepted["referrals"][0]["id"],
    }  # fmt: skip
    reply = await _ask(bench, words, known)

    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("text/html" if "-o" in words else "application/json")
    if "search" in words[2]:
        assert reply.json()["clients"][0]["id"] == accepted["client_id"]


def test_the_guide_types_every_way() -> None:
    """Both forms of receipt and explanation, the register, and the search."""
    assert len(list(_typed())) == 6
