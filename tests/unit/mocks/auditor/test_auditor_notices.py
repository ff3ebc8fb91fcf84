"""The auditor reads what the centre heard: gaps, old pictures, forged messages and personal data are found."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from auditor_papers import Papers
from standardwebhooks import Webhook

from mocks.auditor import Notice, Promise, read_promises, untold_centre

SECRET = "whsec_bmFydS1leGFtcGxlLXNlY3JldC1vZi0zMi1ieXRlcyE="
WALL = 1772413200


def notice(sequence: int, secret: str = SECRET, message_id: str = "", at: int = WALL, **data: Any) -> Notice:
    """Sign a message about the one referral, as the library does it."""
    said = {"referral_id": "ref_1", "case_id": "case_1", "sequence": sequence, **data}
    body = json.dumps({"type": "referral.x", "timestamp": "2026-03-02T01:00:00Z", "data": said}, ensure_ascii=False)
    name = message_id or f"msg_{sequence}"
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(at),
        "webhook-signature": Webhook(secret).sign(name, datetime.fromtimestamp(at, UTC), body),
    }
    return Notice(headers, body.encode(), WALL)


HEARD = (notice(2, delivery="delivered"), notice(1, delivery="pending"), notice(3, business="received"))


def promises() -> tuple[Promise, ...]:
    """Return the one promise, delivered and received in the end."""
    papers = Papers()
    papers.final.update(business="received")
    return read_promises({"sample": papers.document}, {"cases": [papers.entry]})


def found(*notices: Notice) -> list[str]:
    """Return what is wrong, in words."""
    return [words for _, words in untold_centre(promises(), notices, SECRET)]


def test_all_heard_in_any_order_and_twice_is_well() -> None:
    """Order and copies do not matter."""
    assert found(*HEARD, HEARD[0]) == []


@pytest.mark.parametrize(
    ("notices", "words"),
    [
        ((), "never heard of event 1 of 0"),
        (HEARD[:1] + HEARD[2:], "never heard of event 1 of 3"),
        (HEARD[:2], "heard last that its business is None, and it is received"),
        (HEARD[1:], "never heard of event 2 of 3"),
    ],
)
def test_what_was_not_told_is_found(notices: tuple[Notice, ...], words: str) -> None:
    """A gap is found, and a last word that was never told."""
    assert words in found(*notices)


FORGED = notice(4, "whsec_" + "A" * 43 + "=")
CHANGED = replace(HEARD[0], body=HEARD[0].body + b" ")
STALE = notice(4, at=WALL - 301)


@pytest.mark.parametrize("bad", [FORGED, CHANGED, STALE, replace(HEARD[0], headers={})])
def test_what_is_not_signed_is_found(bad: Notice) -> None:
    """Another secret, other bytes, an old moment, or no signature at all."""
    assert found(*HEARD, bad) == [f"{bad.headers.get('webhook-id', '')}: its signature is not valid"]


def test_one_id_with_two_bodies_is_found() -> None:
    """A copy is the same message, or it is none."""
    assert found(*HEARD, notice(3, business="closed")) == ["msg_3: came again with another body"]


@pytest.mark.parametrize(
    "more", [{"name": "someone"}, {"business": "홍길동"}, {"business": "01000000001"}, {"delivery": "010-0000-0001"}]
)
def test_whoever_names_the_client_is_found(more: dict[str, str]) -> None:
    """Only ids and codes may be said: no further name, and none of the client's own texts."""
    first = notice(0, message_id="msg_0", **more)
    assert "msg_0: says more than ids and codes" in found(first, *HEARD)


def test_what_is_about_nobody_is_found() -> None:
    """A message about a referral that the centre does not have."""
    assert "msg_9: is about no referral of this centre" in found(*HEARD, notice(9, referral_id="ref_2"))
