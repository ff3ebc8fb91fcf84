"""Every installed agency that calls us: a genuine call of its mock, and all that a forger could make of it.

Whoever names an agency here would forget the next one: which agencies call is read off the adapters.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from fault_bench import PATIENT, Stage, open_stage
from fault_rows import adapters, mock_of
from hub_bench import HubBench, open_hub
from pydantic import SecretStr

from adapters.sdk import Callback, CallbackRefusedError, InboundCall, Verb, capabilities
from hub.following.callbacks import Callbacks

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

CALLERS = [slug for slug, adapter in adapters().items() if Verb.READ_CALLBACK in capabilities(adapter)]
_TRANSPORT = frozenset(
    {"host", "content-length", "content-type", "user-agent", "connection", "accept", "accept-encoding"}
)
"""Headers that say nothing about who calls."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(stage: Stage) -> AsyncIterator[HubBench]:
    async with open_hub(stage, "callbacks", PATIENT) as hub:
        yield hub


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def genuine(stage: Stage, hub: HubBench) -> dict[str, tuple[str, InboundCall]]:
    """One call of every agency as it came over the socket, taken in by the hub, with its referral."""
    kept: dict[str, tuple[str, InboundCall]] = {}
    for slug in CALLERS:
        referral_id = await hub.accept(slug)
        await hub.step(referral_id)
        with pytest.MonkeyPatch.context() as patched:
            calls = overheard(patched)
            async with hub.hearing(slug):
                await stage.tell_steps(slug, hub.referral(referral_id).wire_key)
        kept[slug] = (referral_id, calls[-1])
    return kept


def overheard(patched: pytest.MonkeyPatch) -> list[InboundCall]:
    calls: list[InboundCall] = []
    receive = Callbacks.receive

    async def keeping(self: Callbacks, slug: str, call: InboundCall) -> Any:
        calls.append(call)
        return await receive(self, slug, call)

    patched.setattr(Callbacks, "receive", keeping)
    return calls


def changed_body(call: InboundCall) -> list[InboundCall]:
    """Change, cut and lengthen the body, a byte here and there."""
    body, places = call.body, range(0, len(call.body), max(1, len(call.body) // 40))
    flipped = [body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :] for at in places]
    return [replace(call, body=one) for one in (*flipped, b"", body[:-1], body + b" ", body * 2)]


def changed_headers(call: InboundCall) -> list[InboundCall]:
    """Leave out, empty, change and lengthen each header that says who calls and when."""
    told = [(name, value) for name, value in call.headers.items() if name.lower() not in _TRANSPORT]
    assert len(told) >= 2  # a signature, and the time that it is about
    news = [(name, new) for name, value in told for new in ("", f"{value}0", _other(value), "나루", value * 2)]
    changed = [replace(call, headers={**call.headers, name: new}) for name, new in news]
    gone = [replace(call, headers={k: v for k, v in call.headers.items() if k != name}) for name, _ in told]
    return [*changed, *gone, replace(call, headers={})]


def _other(value: str) -> str:
    return value[:-1] + ("1" if value[-1:] != "1" else "2") if value else "1"


def at_another_time(call: InboundCall) -> list[InboundCall]:
    """Arrive an hour late, and an hour before it was signed."""
    return [replace(call, received_at=call.received_at + shift) for shift in (timedelta(hours=1), -timedelta(hours=1))]


FORGERIES: dict[str, Callable[[InboundCall], list[InboundCall]]] = {
    "another body": changed_body,
    "other headers": changed_headers,
    "another time": at_another_time,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
@pytest.mark.parametrize("slug", CALLERS)
async def test_nothing_but_the_agencys_own_word_is_believed(
    stage: Stage, genuine: Any, slug: str, forge: Callable[[InboundCall], list[InboundCall]]
) -> None:
    """The genuine call proves itself; each change of it is refused, with the agency's own form of a no."""
    adapter, (_, call) = stage.patient[slug].adapter, genuine[slug]
    assert isinstance(adapter.read_callback(call), Callback)
    for forged in forge(call):
        with pytest.raises(CallbackRefusedError) as refused:
            adapter.read_callback(forged)
        assert refused.value.reply.status >= 400


@pytest.mark.parametrize("slug", CALLERS)
async def test_without_our_secret_nobody_is_believed(stage: Stage, genuine: Any, slug: str) -> None:
    """No secret, or another one: the genuine call is refused, too."""
    known, (_, call) = stage.patient[slug].adapter, genuine[slug]
    for secret in ("", "another"):
        adapter = object.__new__(type(known))
        adapter.__dict__ |= known.__dict__
        adapter.settings = known.settings.model_copy(update={"callback_secret": SecretStr(secret)})
        with pytest.raises(CallbackRefusedError):
            adapter.read_callback(call)


@pytest.mark.parametrize("slug", CALLERS)
async def test_a_replay_changes_nothing(hub: HubBench, genuine: Any, slug: str) -> None:
    """A genuine call that comes again, as a thief would send it, is acknowledged and makes no event."""
    referral_id, call = genuine[slug]
    events = hub.events(referral_id)
    callback = hub.services.agencies.active[slug].adapter.read_callback(call)  # type: ignore[attr-defined]
    for _ in range(2):
        reply = await hub.services.callbacks.receive(slug, call)
        assert reply.status == callback.reply.status
    assert hub.events(referral_id) == events
    assert callback.nonce


async def test_every_mock_that_calls_has_an_adapter_that_listens() -> None:
    """What an agency tells by callbacks is not lost on an adapter that cannot read them, nor the other way round."""
    assert sorted(CALLERS) == sorted(slug for slug in adapters() if mock_of(slug).callbacks)
    assert CALLERS
