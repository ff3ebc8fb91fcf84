"""What leads schemathesis into the offices: loaded by it through SCHEMATHESIS_HOOKS, never by pytest.

A schema cannot say which ids belong together, what time it is, or which 시군 there are. Three of four requests get such
values, so that good ones reach the business and bad ones fail for what is bad in them; the rest show what the envelope
refuses.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import unicodedata
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import schemathesis
from schemathesis.generation.meta import TestPhase

CONTROL = f"{os.environ['NARU_TEST_MOCKS_URL']}/_mock/community_center/advance"
LED = "X-Test-Led"
OFFICES = {"3820000": "41150", "3740000": "41111", "3970000": "41290"}
"""의정부, 수원, 과천: 기관코드 and how the 법정동코드 of each begin."""
SERVICES = {"referrals": "00001", "status": "00002", "withdraw": "00003", "supplement": "00004"}
KST = timedelta(hours=9)
OFFICE = re.compile(r"[0-9]{7}")
HEADER_VALUE = re.compile(r"[A-Z]{3}[0-9]{5}|[0-9]{17}")
UNREAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_turns = itertools.count()
_registered: list[dict[str, str]] = []


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:
    """Lead three of four requests into an office; for a supplement, let the office ask for one before."""
    if case.meta is None or not isinstance(case.body, dict):
        return
    service = case.operation.path.rpartition("/")[2]
    is_along_links = case.meta.phase.name == TestPhase.STATEFUL
    if service == "status" and is_along_links:
        _ask_by_one(case)
    turn = next(_turns)
    office = str(case.path_parameters.get("orgCd", ""))
    if turn % 4 == 0 or not OFFICE.fullmatch(office) or case.method != "POST":
        return
    is_good = case.meta.generation.mode.is_positive
    body = _real(case.body["body"]) if is_good else case.body.get("body")
    if is_good and _registered and not is_along_links and turn % 4 != 1 and service != "referrals":
        known = random.choice(_registered)  # noqa: S311 - no secret
        office = known["orgCd"]
        body = {name: known.get(name, value) for name, value in body.items()}
    if office not in OFFICES:
        office = sorted(OFFICES)[int(office) % len(OFFICES)]
    case.path_parameters = {"orgCd": office}
    case.body = {
        name: _header(value, service, office) if name == "header" else value for name, value in case.body.items()
    }
    if is_good:
        case.body = {**case.body, "body": body}
        case.headers = {**(case.headers or {}), LED: "yes"}
        if service == "supplement":
            _ask_for_more(body["refRqstNo"])


@schemathesis.hook
def after_call(ctx: Any, case: Any, response: Any) -> None:
    """Remember what was registered, for those requests that no link leads."""
    if LED in response.request.headers and case.operation.path.endswith("/referrals"):
        body = response.json()["body"]
        if "rcptNo" in body:
            _registered.append({name: body[name] for name in ("refRqstNo", "rcptNo")} | {"orgCd": body["rcptOrgCd"]})


@schemathesis.check
def reaches_the_business(ctx: Any, response: Any, case: Any) -> None:
    """Whoever names the right ids at the right time is answered by the business: done, or refused with its code."""
    if LED in response.request.headers:
        assert response.json()["header"]["resultCode"] in {"0000", "0002"}


def _ask_by_one(case: Any) -> None:
    """Take the key out of a query to which a link added the receipt: the contract wants one of the two."""
    body = case.body.get("body")
    if isinstance(body, dict) and {"refRqstNo", "rcptNo"} <= body.keys():
        case.body = {**case.body, "body": {name: value for name, value in body.items() if name != "refRqstNo"}}


def _header(generated: Any, service: str, office: str) -> Any:
    """Put what belongs together where something of the right form stands; what has another form stays as it is."""
    if not isinstance(generated, dict):
        return generated
    right = {
        "integrationId": f"INT{SERVICES[service]}",
        "providerServiceId": f"SRV{SERVICES[service]}",
        "providerOrganizationId": f"ORG{office[:5]}",
        "providerSystemId": "SYS00002",
        "consumerOrganizationId": "ORG00001",
        "consumerSystemId": "SYS00001",
        "requestSendTime": (datetime.now(UTC) + KST).strftime("%Y%m%d%H%M%S%f")[:17],
    }
    return {
        name: right[name] if name in right and isinstance(value, str) and HEADER_VALUE.fullmatch(value) else value
        for name, value in generated.items()
    }


def _real(generated: dict[str, Any]) -> dict[str, Any]:
    """Keep what was generated, but for days that do not exist, text that is no text, and places elsewhere."""
    body = {name: _real_value(name, value) for name, value in generated.items()}
    if "lgldongCd" in body:
        body["lgldongCd"] = sorted(OFFICES.values())[int(body["lgldongCd"]) % len(OFFICES)] + body["lgldongCd"][5:]
    return body


def _real_value(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name.endswith("Ymd"):
        return f"20{value[2:4]}0115"
    return unicodedata.normalize("NFC", UNREAL.sub("가", value))


def _ask_for_more(key: str) -> None:
    body = json.dumps({"key": key, "to": "supplement"}).encode()
    request = urllib.request.Request(CONTROL, body, {"Content-Type": "application/json"})  # noqa: S310 - our own http
    try:
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - the same
    except urllib.error.HTTPError as error:
        error.close()  # no such case, or it cannot be asked any more: then the supplement is refused
