"""The proof's centre: what it does with a hub that forgets, and with one that never answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from hub.cli.proof.centre import Centre, HubError
from hub.cli.proof.plan import Change, PlannedCase

HUB = "http://hub.test"
ACCEPTED = {
    "id": "case_1",
    "consents": ["con_1"],
    "referrals": [{"id": "ref_1", "service_code": "WEL-BASIC", "agency": "community_center"}],
}
DOCUMENT: dict[str, Any] = {"consents": [{"purposes": ["WEL-BASIC"]}], "referrals": [{"service_code": "WEL-BASIC"}]}
CASE = PlannedCase("proof-000000", DOCUMENT, ())
UNKNOWN = {"type": "/problems/unknown-id"}


class Control:
    """A clock that stands."""

    async def now(self) -> datetime:
        """Return the business time."""
        return datetime(2026, 3, 2, tzinfo=UTC)


Answers = dict[str, Callable[[httpx.Request], httpx.Response]]


class Stage:
    """A centre before one hub, patient for a moment; answers by method and path."""

    def __init__(self) -> None:
        self.answers: Answers = {"POST /v1/cases": lambda _: httpx.Response(202, json=ACCEPTED)}
        self.promised: list[str] = []
        transport = httpx.MockTransport(lambda asked: self.answers[f"{asked.method} {asked.url.path}"](asked))
        self.centre = Centre(
            [HUB],
            "key",
            Control(),  # type: ignore[arg-type]  # all that it asks of it
            0.01,
            self.promised.append,
            transport,
        )


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A stage of one's own."""
    made = Stage()
    yield made
    await made.centre.aclose()


@pytest.mark.parametrize(
    ("mind", "path"),
    [
        ("withdraws", "/v1/consents/con_1/withdraw"),
        ("cancels", "/v1/referrals/ref_1/cancel"),
        ("later", "/v1/consents"),
    ],
)
async def test_what_the_hub_forgot_is_written_down(stage: Stage, mind: Any, path: str) -> None:
    """A 404 to something that was promised does not end the centre's work: it notes it, and no success."""
    await stage.centre.hand_in(CASE)
    stage.answers[f"POST {path}"] = lambda _: httpx.Response(404, json=UNKNOWN)
    await stage.centre.change(CASE, Change("WEL-BASIC", mind, 0.0))
    record = stage.centre.records[CASE.name]
    assert record.forgotten == [f"POST {path}"]
    assert (record.withdrawals, record.cancelled, record.added) == ([], [], [])


async def test_later_consents_are_taken_back_too(stage: Stage) -> None:
    """Who withdraws takes back all that it gave for the service, whenever it gave it, by the ids that it was told."""
    await stage.centre.hand_in(CASE)
    stage.answers["POST /v1/consents"] = lambda _: httpx.Response(201, json={"consents": ["con_2", "con_3"]})
    for consent_id in ("con_1", "con_2"):
        stage.answers[f"POST /v1/consents/{consent_id}/withdraw"] = lambda _: httpx.Response(200, json={})
    given = ({"purposes": ["WEL-BASIC"]}, {"purposes": ["LAW-AGENT"]})
    await stage.centre.change(CASE, Change("WEL-BASIC", "later", 0.0, given))
    await stage.centre.change(CASE, Change("WEL-BASIC", "withdraws", 0.0))
    record = stage.centre.records[CASE.name]
    assert [one["consent"] for one in record.withdrawals] == ["con_1", "con_2"]
    assert record.forgotten == []


def refuse(_: httpx.Request) -> httpx.Response:
    """Let nobody be there."""
    raise httpx.ConnectError("nobody")


@pytest.mark.parametrize(
    ("answer", "last"), [(refuse, "no answer"), (lambda _: httpx.Response(503, text="<busy>"), "503")]
)
async def test_a_hub_that_never_answers_is_given_up(
    stage: Stage, answer: Callable[[httpx.Request], httpx.Response], last: str
) -> None:
    """The centre asks again and again, and then says of what, and what it heard last."""
    stage.answers["POST /v1/cases"] = answer
    with pytest.raises(HubError, match=rf"POST /v1/cases: not answered within 0\.01 seconds \(last: {last}\)"):
        await stage.centre.hand_in(CASE)
    assert stage.centre.repeated


async def test_a_promise_is_told_of_at_once(stage: Stage) -> None:
    """Whoever strikes at promises hears of each, with the hub that made it, and of nothing else."""
    await stage.centre.hand_in(CASE)
    assert stage.promised == [HUB]
    stage.answers["GET /v1/referrals"] = lambda _: httpx.Response(200, json={"referrals": []})
    await stage.centre.read_all()
    assert stage.promised == [HUB]
