"""The hand-made messages that bind adapter and mock alike: the adapter reads each by its own code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from community_center_samples import GOLDEN

from adapters.community_center.callback import read_notice
from adapters.community_center.contract import CONTRACT
from adapters.community_center.envelope import open_reply
from adapters.community_center.mapping import facts_from
from adapters.community_center.settings import CommunityCenterSettings
from adapters.sdk import BusyError, HttpReply, InboundCall, MisconfiguredError
from schemas.status import BusinessStatus

NOW = datetime(2025, 1, 2, 0, 0, 0, 123000, tzinfo=UTC)
OPERATIONS = ("register", "status", "withdraw", "supplement")
JSON = {"content-type": "application/json; charset=utf-8"}


def shared(name: str) -> Any:
    """Read one message."""
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def operation(name: str) -> str:
    """Return the operation that a file's name begins with."""
    return next(one for one in OPERATIONS if name.startswith(one))


def names(ending: str) -> list[str]:
    """Return the shared messages of the four operations."""
    found = (path.name for path in GOLDEN.glob(f"*.{ending}.json") if path.name.startswith(OPERATIONS))
    return sorted(name for name in found if "notice" not in name)


def opened(name: str, status: int = 200) -> Any:
    """Open a reply as the answer to the request whose header it repeats."""
    message = shared(name)
    schema = f"{operation(name).capitalize()}Reply"
    reply = HttpReply(status, JSON, json.dumps(message, ensure_ascii=False).encode())
    return open_reply(reply, schema, message["header"], NOW)


def test_there_are_shared_messages() -> None:
    """At least one request and one reply for each operation."""
    for ending in ("request", "reply"):
        assert {operation(name) for name in names(ending)} == set(OPERATIONS)


@pytest.mark.parametrize("name", names("reply"))
def test_replies_are_read(name: str) -> None:
    """A result or a business error, as the file has it."""
    assert opened(name) == shared(name)["body"]


@pytest.mark.parametrize("name", names("request"))
def test_requests_are_of_the_form_that_we_write(name: str) -> None:
    """What the mock is tested with would pass our own check before sending."""
    assert CONTRACT.violation(f"{operation(name).capitalize()}Request", shared(name)) is None


def test_failures_are_classified() -> None:
    """A message without a header was turned away: ours to mend. 1001 with clocks that agree: wait."""
    headless = shared("no_header.reply.json")
    reply = HttpReply(400, JSON, json.dumps(headless).encode())
    with pytest.raises(MisconfiguredError, match="3002"):
        open_reply(reply, "RegisterReply", shared("register.request.json")["header"], NOW)
    late = shared("invalid_time.reply.json")
    with pytest.raises((BusyError, MisconfiguredError), match="1001"):
        open_reply(HttpReply(200, JSON, json.dumps(late).encode()), "RegisterReply", late["header"], NOW)


def test_a_transfer_is_the_last_fact() -> None:
    """The status of a transferred referral ends with the office that carries on."""
    last = facts_from(opened("status_transferred.reply.json"))[-1]
    assert (last.business, last.office is not None, last.receipt is not None) == (
        BusinessStatus.TRANSFERRED,
        True,
        True,
    )


def test_the_signed_notice_is_believed() -> None:
    """Exact bytes, signed with openssl under a secret that is not ASCII."""
    notice = shared("status_notice.signed.json")
    headers = {"x-linkage-timestamp": notice["timestamp"], "x-linkage-signature": notice["signature"]}
    at = datetime.fromtimestamp(int(notice["timestamp"]), UTC)
    read = read_notice(
        InboundCall("POST", "", headers, notice["body"].encode(), at),
        CommunityCenterSettings(callback_secret=notice["secret"]),
    )
    assert (read.nonce, read.facts[0].business) == ("3820000-20250102-000001-0002", BusinessStatus.ASSIGNED)
