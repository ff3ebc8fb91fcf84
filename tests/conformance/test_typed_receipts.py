"""What a person mistyped as an agency's receipt: it says something of one referral, never of the agency's set-up."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fault_bench import Stage, come_to, open_stage
from fault_rows import adapters, spoken

from adapters.sdk import RECEIPT, CannotExpressError, MisconfiguredError, Repeat, Verb

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
MISTYPED = "전화로 들은 접수번호 20261122-1"
LIVE = [slug for slug, adapter in adapters().items() if adapter.profile.repeat is not Repeat.BATCH]
BY_KEY = {"gjf", "klac"}
"""Their contracts lead to a referral by our key alone, whatever stands as its receipt."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.mark.parametrize("slug", LIVE)
async def test_a_mistyped_receipt_is_no_matter_of_the_set_up(stage: Stage, slug: str) -> None:
    """Every verb that names it says that it cannot; nobody else's referral waits for that."""
    key, _ = await stage.referral(slug)
    verbs = [one for one in (Verb.STATUS, Verb.SUPPLEMENT, Verb.WITHDRAW) if one in spoken(adapters()[slug])]
    came_to = [await come_to(stage.patient[slug], verb, key, MISTYPED) for verb in verbs]
    assert [one for one in came_to if isinstance(one, MisconfiguredError)] == []
    unfit = [one.path for one in came_to if isinstance(one, CannotExpressError)]
    assert unfit == ([] if slug in BY_KEY else [RECEIPT] * (1 if slug == "ibk_miso" else len(verbs)))


@pytest.mark.parametrize("slug", LIVE)
async def test_the_receipts_of_the_agencies_have_the_form_that_they_declare(stage: Stage, slug: str) -> None:
    """What a person copies from the agency's own answer is taken."""
    profile = adapters()[slug].profile
    _, receipt = await stage.referral(slug)
    assert (profile.may_be_receipt(receipt), profile.may_be_receipt(MISTYPED)) == (True, False)
