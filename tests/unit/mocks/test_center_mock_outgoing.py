"""The mock 주민센터 says nothing that its own contract forbids: a bug of the mock is no answer of an office."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from center_wire import GOLDEN, Centre, fresh, golden

from mocks.community_center import CommunityCenterMock, notices
from mocks.community_center.contract import CONTRACT
from mocks.community_center.offices import OFFICES
from mocks.community_center.services import Services
from mocks.kit.json_contract import ContractError
from mocks.kit.run import MockServer

FOLDER = Path(__file__).parents[3] / "schemas" / "agencies" / "community_center"
REPLY = json.loads((GOLDEN / "register.reply.json").read_text(encoding="utf-8"))
BUGS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a field is missing": lambda body: body.pop("rcptNo"),
    "a field too many": lambda body: body.update(extra="1"),
    "a number for a text": lambda body: body.update(prgrSttsCd=10),
    "a code that is none": lambda body: body.update(prgrSttsCd="77"),
    "nothing at all": lambda body: body.clear(),
    "an empty text": lambda body: body.update(rcptNo=""),
    "a text that is not NFC": lambda body: body.update(rcptNo="한"),
    "a control character": lambda body: body.update(rcptNo="\x07"),
}


def test_an_honest_answer_passes() -> None:
    """What is changed below is good before."""
    CONTRACT.assure("RegisterReply", REPLY)


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS.keys())
def test_a_broken_answer_is_stopped(bug: Callable[[dict[str, Any]], object]) -> None:
    """Each is stopped before it leaves, and the error names the schema and no value."""
    answer = copy.deepcopy(REPLY)
    bug(answer["body"])
    with pytest.raises(ContractError, match=r"^RegisterReply: ") as raised:
        CONTRACT.assure("RegisterReply", answer)
    assert REPLY["body"]["rcptNo"] not in str(raised.value)


@pytest.fixture
async def mocks() -> AsyncIterator[MockServer]:
    async with MockServer([CommunityCenterMock]) as server:
        yield server


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS.keys())
async def test_a_bug_of_the_mock_is_no_answer_of_an_office(
    bug: Callable[[dict[str, Any]], object], mocks: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the socket it is a 500 without an envelope, which no adapter takes for the office's word."""
    honest = Services.serve

    def buggy(*asked: Any) -> Mapping[str, Any]:
        body = dict(honest(*asked))
        bug(body)
        return body

    monkeypatch.setattr(Services, "serve", buggy)
    async with httpx.AsyncClient(base_url=mocks.url_of("community_center")) as client:
        reply = await Centre(client).send(fresh(golden("register.request")))
    assert (reply.status_code, "header" in reply.json()) == (500, False)


def test_a_notice_that_breaks_the_contract_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notices pass the same check, before they are signed."""
    monkeypatch.setattr(notices, "_body", lambda *_: {"ntcNo": "1"})
    leg: Any = SimpleNamespace(office=OFFICES["3820000"])
    fact: Any = SimpleNamespace(state="assigned")
    with pytest.raises(ContractError, match=r"^StatusNoticeRequest: "):
        notices.build_notice(leg, leg, fact, "secret")


def test_the_readme_and_the_schema_know_the_same_statuses() -> None:
    """No status in words only, none in the file only; 405 is for other methods, which the file does not describe."""
    said = re.findall(r"^\| ([\d, ]+) \| (?=\d|no envelope)", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
    paths = json.loads((FOLDER / "openapi.json").read_text("utf-8"))["paths"].values()
    declared = {status for path in paths for status in path["post"]["responses"]}
    assert {status for statuses in said for status in statuses.split(", ")} == {*declared, "405"}
