"""The ledger and the journal, without a server."""

from __future__ import annotations

import hmac
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mocks.kit.clock import BusinessClock
from mocks.kit.desk import desk_for
from mocks.kit.journal import Journal, handling
from mocks.kit.ledger import Ledger, watching_acts

KEY = b"k" * 32


@given(st.text() | st.integers())
def test_an_auditor_with_the_key_can_check_a_digest(value: str | int) -> None:
    """A field's digest is the hex HMAC-SHA256 of its NFC text."""
    act = Ledger(BusinessClock(), KEY).append("register", "k", "r", {"field": value}, "received")
    text = unicodedata.normalize("NFC", str(value)).encode("utf-8", "surrogatepass")
    assert hmac.digest(KEY, text, "sha256").hex() == act.fields["field"]


def test_composed_and_decomposed_hangul_are_the_same() -> None:
    """홍길동 typed in NFD has the digest of 홍길동 in NFC; booleans read as in JSON."""
    ledger = Ledger(BusinessClock(), KEY)
    assert ledger.digest("홍길동") == ledger.digest(unicodedata.normalize("NFD", "홍길동"))
    assert ledger.digest("true") == ledger.digest(value=True)


def test_ledgers_have_their_own_keys() -> None:
    """Without a key that is handed in, digests of two servers cannot be compared."""
    assert desk_for("a").ledger.digest("x") != desk_for("b").ledger.digest("x")


def test_what_became_of_an_act_stays_with_it() -> None:
    """A change sets the state and is kept with its details."""
    ledger = Ledger(BusinessClock(), KEY)
    act = ledger.append("register", "k", "r", {}, "received")
    ledger.change(act, "transferred", receipt="r2")
    (row,) = ledger.as_json("a")["acts"]
    (change,) = row["changes"]
    assert (row["state"], change["state"], change["receipt"]) == ("transferred", "transferred", "r2")


def test_only_the_acts_of_this_request_are_watched() -> None:
    """Acts from before and after do not count for the request that is being handled."""
    ledger = Ledger(BusinessClock(), KEY)
    ledger.append("register", "before", "1", {}, "received")
    with watching_acts() as acts:
        ledger.append("register", "during", "2", {}, "received")
    ledger.append("register", "after", "3", {}, "received")
    assert [act.key for act in acts] == ["during"]


@pytest.mark.parametrize("number", ["8001011000000", "800101-1000000"])
def test_a_journal_masks_what_looks_like_an_rrn(number: str) -> None:
    """A path with an RRN, and any query, never reaches the journal in clear."""
    journal = Journal(BusinessClock())
    journal.open("in", "find", "GET", f"/people/{number}?name=x", 0)
    (entry,) = journal.as_json("a")["entries"]
    assert entry["path"] == "/people/*************"


def test_receipts_are_not_masked() -> None:
    """A receipt such as 3820000-20250102-000001 is no RRN."""
    assert (
        Journal(BusinessClock()).open("in", "x", "GET", "/3820000-20250102-000001", 0).path
        == "/3820000-20250102-000001"
    )


def test_notes_go_to_the_request_that_is_being_handled() -> None:
    """Key and field names land in the open entry; outside a request nothing happens."""
    journal = Journal(BusinessClock())
    entry = journal.open("in", "register", "POST", "/", 0)
    journal.note("nobody", ["x"])
    with handling(entry):
        journal.note("K", ["name", "rrn"])
    assert (entry.key, json.loads(json.dumps(journal.as_json("a")))["entries"][0]["fields"]) == ("K", ["name", "rrn"])
