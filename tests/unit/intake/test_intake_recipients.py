from __future__ import annotations

import json
from typing import Any

import pytest
from intake_bench import SERVICES, Bench, Pier, consent, document

from adapters.sdk import capabilities
from hub.agencies import Agency, AgencyState
from hub.intake.recipients import UnknownRecipientError, check_recipients
from schemas.consent import Consent

AGENCIES = {
    "pier": Agency("pier", AgencyState.ACTIVE, Pier.profile, capabilities(Pier)),
    "wreck": Agency("wreck", AgencyState.BROKEN, None),
}


def _check(*consents: dict[str, Any]) -> None:
    check_recipients([Consent.model_validate_json(json.dumps(each)) for each in consents], SERVICES, AGENCIES)


@pytest.mark.parametrize("recipient", ["pier", "pier:3820000", "pier:4060000", "wreck", "wreck:1234567", "elsewhere"])
def test_agencies_that_are_installed_or_routed_to_are_known(recipient: str) -> None:
    """Whatever became of its adapter, an agency that the configuration knows may be named, with any real office."""
    _check(consent(recipient=recipient))


def test_slips_are_told_by_their_positions() -> None:
    """Neither an unknown slug nor a 기관코드 that is no 시군's passes where the agency has offices."""
    with pytest.raises(UnknownRecipientError) as caught:
        _check(*(consent(recipient=recipient) for recipient in ("peer", "pier", "pier:1234567", "peer:3820000")))

    assert caught.value.positions == (0, 2, 3)
    assert caught.value.known == ("buoy", "elsewhere", "pier", "wreck")


def test_collection_is_between_client_and_centre() -> None:
    """A consent to collection names the centre, of which no configuration knows."""
    _check(consent(recipient="our_centre", type="collection"))


async def test_slip_stores_nothing(bench: Bench) -> None:
    """A document with a slip leaves no row, so its key is free for the mended one."""
    with pytest.raises(UnknownRecipientError):
        await bench.accept("key", document(consents=[consent(recipient="peer")]))
    assert not any(bench.rows().values())

    await bench.accept("key", document())
    assert bench.rows()["cases"] == 1
