"""Letting callers in: whose key or token it is, how often they may call, and a note of everybody who was turned away.

Knows no HTTP. A refusal is written down without a word of what was presented, and only so many an hour, so that
nobody fills the disk by failing; how many were left out stands in the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from hub.access.actor import Actor
from hub.access.api_keys import find_caller
from hub.access.caller import Caller
from hub.access.configured import AccessSettings
from hub.access.holders import is_centre
from hub.access.issuer_keys import IssuerKeys, KeysUnreachableError
from hub.access.rates import Rates, Standing, network_of
from hub.access.tokens import TokenRefusedError, Tokens
from hub.audit.entries import Action, record
from hub.clock import Clock, wall_now
from hub.store.store import Store
from hub.vault.vault import Vault

__all__ = ["Admission", "KeysUnreachableError", "TooOftenError", "TurnedAwayError"]

_NOTED_AT_ONCE, _NOTED_SECONDS = 60, 3600
NOBODY = "nobody"
"""What the audit calls a caller who proved nothing."""


class TurnedAwayError(Exception):
    """What was presented opens nothing."""


class TooOftenError(Exception):
    """The caller, or the address, has made too many calls; `standing` says when the next one is allowed."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.policy)
        self.standing = standing


class Admission:
    """Who may come in. Limits hold for this process."""

    def __init__(self, store: Store, clock: Clock, vault: Vault, settings: AccessSettings) -> None:
        self._store = store
        self._clock = clock
        self._vault = vault
        self._issuer = settings.jwt.issuer
        self._keys = IssuerKeys(settings.jwt) if settings.jwt.is_on else None
        self._tokens = None if self._keys is None else Tokens(settings.jwt, self._keys, wall_now)
        self._calls = Rates("caller", settings.calls, settings.calls_seconds)
        self._failures = Rates("failures", settings.failures, settings.failures_seconds)
        self._searches = Rates("searches", settings.searches, settings.searches_seconds)
        self._notes = Rates("notes", _NOTED_AT_ONCE, _NOTED_SECONDS)
        self._unnoted: Counter[str] = Counter()

    async def admit(self, presented: str, origin: str | None, route: str) -> tuple[Caller, Standing]:
        """Return whose key or token was presented, and how often they may still call. `route`: its name, for the note.

        A good key is looked at before the address: whoever calls from the same address, such as behind one proxy,
        is not locked out by another's failures.

        Raises:
            TurnedAwayError: it opens nothing.
            TooOftenError: too many calls of this caller, or failures of this address.
            KeysUnreachableError: a token, and the issuer's keys cannot be read.
        """
        found = await self._recognise(presented)
        if not isinstance(found, Caller):
            why, name = found
            await self._note(Action.AUTHENTICATION_FAILED, name, None, origin, route, why)
            standing = self._failures.take(network_of(origin))
            raise TurnedAwayError(why) if standing.is_allowed else TooOftenError(standing)
        standing = self._calls.take(found.name)
        if not standing.is_allowed:
            await self._note(Action.ACCESS_REFUSED, found.name, found.centre_id, origin, route, "too_often")
            raise TooOftenError(standing)
        return found, standing

    async def admit_search(self, actor: Actor, route: str) -> None:
        """Count a search for a client, which is bounded apart: an exact match tells whether a number is somebody's.

        Raises:
            TooOftenError: too many searches of this caller.
        """
        standing = self._searches.take(actor.name)
        if not standing.is_allowed:
            await self._note(
                Action.ACCESS_REFUSED, actor.name, actor.centre_id, actor.origin, route, "searches_too_often"
            )
            raise TooOftenError(standing)

    async def note_refusal(self, caller: Caller, origin: str | None, route: str, why: str) -> None:
        """Write down that a known caller asked for what it may not have."""
        await self._note(Action.ACCESS_REFUSED, caller.name, caller.centre_id, origin, route, why)

    async def aclose(self) -> None:
        """Close what is open."""
        if self._keys is not None:
            await self._keys.aclose()

    async def _recognise(self, presented: str) -> Caller | tuple[str, str]:
        """Return the caller; or why there is none, and whom the note is about."""
        if not presented:
            return "nothing_presented", NOBODY
        if self._tokens is not None and presented.count(".") == 2:  # noqa: PLR2004 - the parts of a JWT
            return await self._by_token(self._tokens, presented)
        found = await self._store.read(lambda conn: find_caller(conn, presented, wall_now()))
        return found if isinstance(found, Caller) else (found.why, found.name or NOBODY)

    async def _by_token(self, tokens: Tokens, text: str) -> Caller | tuple[str, str]:
        try:
            token = await tokens.read(text)
        except TokenRefusedError as error:
            return error.why, NOBODY
        name = f"jwt:{self._vault.blind('caller', self._issuer, token.subject)[:32]}"
        if not await self._store.read(lambda conn: is_centre(conn, token.centre_id)):
            return "token_centre_unknown", name
        return Caller(name, token.centre_id, token.scopes)

    async def _note(
        self, action: Action, name: str, centre_id: str | None, origin: str | None, route: str, why: str
    ) -> None:
        if not self._notes.take(name).is_allowed:
            self._unnoted[name] += 1
            return
        data = {"route": route, "why": why, "unnoted_before": self._unnoted.pop(name, 0)}
        await self._store.write(_entry(self._clock.now(), action, name, centre_id, origin, data))


def _entry(
    at: datetime, action: Action, actor: str, centre_id: str | None, origin: str | None, data: dict[str, object]
) -> Callable[[Connection], None]:
    def write(conn: Connection) -> None:
        record(conn, at=at, actor=actor, action=action, origin=origin, centre_id=centre_id, data=data)

    return write
