from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from settings_bench import Pontoon, problems_of, read

from hub.settings import Route, RoutingSettings
from schemas.services import ServiceCode

STATUTE = """
[[statutes]]
recipient = "quay"
fields = ["client.rrn"]
article = "가정 조문"
valid_from = 2025-01-01
reviewed = {reviewed}
"""
SECRET = {"NARU_ADAPTERS__QUAY__CLIENT_SECRET": "s"}
JWT = '[access.jwt]\nissuer = "https://issuer.example"\naudience = "naru"\n'
QUAY = "[adapters.quay]\nenabled = true\nbase_url = "


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (QUAY + '"http://agency.example.go.kr/"', "base_url: live mode needs https"),
        (QUAY + '"https://127.0.0.1/"', "base_url: live mode refuses a loopback address"),
        (QUAY + '"https://[::1]/"', "base_url: live mode refuses a loopback address"),
        (STATUTE.format(reviewed="false"), "is not reviewed"),
        ('[clock]\nsource = "http://127.0.0.1:1/_mock/clock"', "live mode takes the system's clock only"),
        (JWT + 'jwks_url = "http://127.0.0.1:1/keys"', "live mode needs https"),
    ],
)
def test_live_refuses_what_mock_allows(tmp_path: Path, text: str, problem: str) -> None:
    """Loopback agencies, plain wires, unreviewed statutes and a virtual clock stop a live hub, and only that."""
    live, mock = (problems_of(tmp_path, f'mode = "{mode}"\n{text}', **SECRET) for mode in ("live", "mock"))
    assert (len(live), problem in live[0], mock) == (1, True, [])


@pytest.mark.parametrize(
    ("mode", "url", "host", "refused"),
    [
        ("live", "postgresql://u@h/d", "", True),
        ("live", "postgresql://u@h/d", "north", False),
        ("live", "sqlite:///var/naru.db", "", False),
        ("mock", "postgresql://u@h/d", "", False),
    ],
)
def test_folders_are_on_one_machine_that_is_named(
    mode: str, url: str, host: str, refused: bool, tmp_path: Path
) -> None:
    """Where several machines may serve a live agency that takes files, one of them is named, or nobody starts."""
    text = f'mode = "{mode}"\n[store]\nurl = "{url}"\n{QUAY}"https://agency.example.go.kr"\nhost = "{host}"'
    said = problems_of(tmp_path, text, {"quay": Pontoon}, **SECRET)
    assert [problem.partition(" (")[0] for problem in said] == ["adapters.quay.host"] * refused


def test_live_takes_what_is_in_order(tmp_path: Path) -> None:
    """An https agency and a reviewed statute: nothing to say."""
    assert (
        problems_of(tmp_path, STATUTE.format(reviewed="true") + QUAY + '"https://agency.example.go.kr"', **SECRET) == []
    )


def test_missing_secret_stops_the_hub_in_either_mode(tmp_path: Path) -> None:
    """An enabled agency without its secret is refused; a disabled one needs none."""
    enabled = QUAY + '"https://agency.example.go.kr/"'
    said = "adapters.quay.client_secret (config.toml): is missing (NARU_ADAPTERS__QUAY__CLIENT_SECRET sets it), "
    for mode in ("live", "mock"):
        (problem,) = problems_of(tmp_path, f'mode = "{mode}"\n{enabled}')
        assert problem.startswith(said)
    assert problems_of(tmp_path, enabled.replace("true", "false")) == []


def test_empty_address_is_not_also_a_plain_one(tmp_path: Path) -> None:
    """What is missing is told once, as missing."""
    assert len(problems_of(tmp_path, QUAY + '""', **SECRET)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "https://127.0.0.1/",
        "http://10.0.0.1/",
        "http://clock.example.org/",
        "file:///clock",
        "http://[::1",
        "http://h:x/",
    ],
)
def test_virtual_clock_is_plain_http_on_loopback(tmp_path: Path, source: str) -> None:
    """No other machine ever tells this one the time."""
    (problem,) = problems_of(tmp_path, 'mode = "mock"', NARU_CLOCK__SOURCE=source)
    assert problem.startswith("NARU_CLOCK__SOURCE: must be")


def test_broken_adapter_is_no_matter_of_settings(tmp_path: Path) -> None:
    """A table of an adapter that cannot be imported is not judged: its lane shows what is broken."""
    assert problems_of(tmp_path, "[adapters.wreck]\nenabled = true\nanything = 1\n") == []


def test_route_to_an_agency_that_does_not_offer_the_service(tmp_path: Path) -> None:
    """A typo in the map of services is found at start; an agency that is not installed only holds."""
    routes = 'WEL-{} = [{{ agency = "{}", from = 2025-01-01 }}]\n'
    wrong = "[routing.services]\n" + routes.format("BASIC", "quay") + routes.format("CASE", "elsewhere")
    (problem,) = problems_of(tmp_path, wrong)
    assert problem == "routing.services.WEL-BASIC (config.toml): quay does not offer this service"


ASK = """
[routing.services]
WEL-CASE = [{{ agency = "quay", from = 2025-01-01, to = {last} }}]
[[routing.rules]]
id = "ask-first"
services = ["WEL-CASE"]
verify = true
words = "먼저 확인"
source = "시험"
mark = "A"
from = 2026-01-01
"""


def test_a_rule_that_asks_whom_nobody_can_ask(tmp_path: Path) -> None:
    """An agency without the question, on a day of the rule, is found at start; on other days it is no matter."""
    (problem,) = problems_of(tmp_path, ASK.format(last="2026-01-01"))
    assert problem == "routing.rules.0.verify (config.toml): quay cannot be asked about eligibility"
    assert problems_of(tmp_path, ASK.format(last="2025-12-31")) == []


def test_routes_are_read_with_their_days(tmp_path: Path) -> None:
    """TOML's dates are the first and the last day of a route."""
    text = '[routing.services]\nWEL-CASE = [{ agency = "quay", from = 2025-01-01, to = 2025-12-31 }]\n'
    expected = (Route(agency="quay", valid_from=date(2025, 1, 1), valid_to=date(2025, 12, 31)),)
    assert read(tmp_path, text).routing.services[ServiceCode.WEL_CASE] == expected


days = st.integers(0, 60).map(lambda number: date(2025, 1, 1) + timedelta(days=number))
routes = st.builds(
    lambda slug, start, length: Route(
        agency=slug, valid_from=start, valid_to=None if length is None else start + timedelta(days=length)
    ),
    st.sampled_from(["quay", "pier"]), days, st.none() | st.integers(0, 40),
)  # fmt: skip


@given(st.lists(routes, max_size=4))
def test_a_map_is_taken_exactly_if_no_day_has_two_agencies(several: list[Route]) -> None:
    """Routes of one service may follow each other and leave gaps, but never overlap."""
    every = [date(2025, 1, 1) + timedelta(days=number) for number in range(120)]
    clash = any(sum(route.holds_on(day) for route in several) > 1 for day in every)
    try:
        RoutingSettings(services={ServiceCode.WEL_CASE: several})
    except ValidationError:
        assert clash
    else:
        assert not clash


def test_window_fits_into_the_lease(tmp_path: Path) -> None:
    """A first byte must not leave after others believe the worker dead."""
    (problem,) = problems_of(tmp_path, "[delivery]\nlease_seconds = 10\nsend_window_seconds = 10\n")
    assert problem == "delivery (config.toml): send_window_seconds must be shorter than lease_seconds"
