"""One step for many referrals of a centre: counted first, then taken for exactly those that were counted.

The preview's token names them and is bound to the request by HMAC, so that nothing joins the set unseen. Each referral
is taken in a transaction of its own by the command that its own route uses; one that changed meanwhile is left alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import Connection

from hub.access.actor import Actor
from hub.audit.entries import Action, record
from hub.clock import wall_now
from hub.delivery.commands import Commands
from hub.delivery.giving_up import is_passing
from hub.delivery.steps import IllegalStepError, Step, UnknownIdError
from hub.logs import places
from hub.store.cases import CasePurgedError
from hub.store.referrals import ReferralRecord, list_referrals, referral_by_id
from hub.store.store import Store
from schemas.status import BusinessStatus, DeliveryStatus

_log = structlog.get_logger("naru.delivery")
MOST = 1_000
_LOOKED_AT = 10 * MOST
_VALID_SECONDS = 15 * 60
_PREFIX, _ID_LENGTH = "ref_", 26
_TOKEN = re.compile(r"(\d{1,12})\.((?:[a-z0-9]{26})*)\.([0-9a-f]{64})", re.ASCII)

Take = Callable[[Connection, Actor, str], None]


class StaleTokenError(Exception):
    """The token is of another request, of another centre, or too old."""


@dataclass(frozen=True)
class Filter:
    """Which referrals: those that are all of this."""

    agency: str | None = None
    delivery: DeliveryStatus | None = None
    reason: str | None = None
    business: BusinessStatus | None = None
    created_before: datetime | None = None

    def holds(self, referral: ReferralRecord) -> bool:
        """Return whether a referral is still one of them; when it was accepted never changes."""
        wanted = ((name, getattr(self, name)) for name in ("agency", "delivery", "reason", "business"))
        return all(value is None or getattr(referral, name) == value for name, value in wanted)


@dataclass(frozen=True)
class Preview:
    """What would be done: to which referrals, and the token that says yes to exactly that."""

    ids: tuple[str, ...]
    by_agency: Mapping[str, int]
    not_possible: int
    """Referrals that the filter found and whose status does not allow the step."""
    more: bool
    """Whether there are more than are taken at once: ask again afterwards."""
    token: str


@dataclass(frozen=True)
class Done:
    """What was done.

    `skipped` are those that changed since the preview, that somebody works on, or for which a defect forbade the step.
    """

    ids: tuple[str, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True)
class Bulk:
    """One request: the step, the filter, `said` (its canonical text, which the token is bound to)."""

    commands: Commands
    actor: Actor
    step: Step
    where: Filter
    said: str

    def preview(self, conn: Connection) -> Preview:
        """Count, and note who looked at what."""
        found: list[ReferralRecord] = []
        looked, more, after = 0, False, None
        while page := self._page(conn, after):
            looked, after = looked + len(page), page[-1].id
            found += [one for one in page if self.step in self.commands.legal_steps_of(one)]
            more = len(found) > MOST or looked >= _LOOKED_AT
            if more:
                break
        not_possible, found = looked - len(found), found[:MOST]
        ids = tuple(referral.id for referral in found)
        self._audit(conn, Action.REFERRALS_LISTED, ids)
        by_agency = Counter(referral.agency for referral in found)
        return Preview(ids, dict(sorted(by_agency.items())), not_possible, more, self._token(ids))

    def confirmed(self, token: str) -> tuple[str, ...]:
        """Return the referrals that a preview of this request named.

        Raises:
            StaleTokenError: the token is not of such a preview, or older than a quarter of an hour.
        """
        read = _TOKEN.fullmatch(token)
        if read is None or int(read[1]) < wall_now().timestamp() - _VALID_SECONDS:
            raise StaleTokenError
        named = [read[2][at : at + _ID_LENGTH] for at in range(0, len(read[2]), _ID_LENGTH)]
        ids = tuple(f"{_PREFIX}{one}" for one in named)
        if self._token(ids, int(read[1])) != token:
            raise StaleTokenError
        return ids

    async def do(self, store: Store, ids: tuple[str, ...], take: Take) -> Done:
        """Take the step for each; what was done stays done if the process dies, and is skipped the next time."""
        await store.write(partial(self._audit, action=Action.BULK_STEP_TAKEN, ids=ids))
        done: list[str] = []
        for referral_id in ids:
            try:
                await store.write(partial(self._take, referral_id=referral_id, take=take))
            except (CasePurgedError, IllegalStepError, UnknownIdError):
                continue
            except Exception as error:  # one whose case does not open, say, must not keep the others from it
                if is_passing(error):
                    raise
                _log.error("bulk_step_failed", step=self.step, referral=referral_id, error=type(error).__name__,
                           at=places(error))  # fmt: skip
                continue
            done.append(referral_id)
        taken = frozenset(done)
        return Done(tuple(done), tuple(one for one in ids if one not in taken))

    def _take(self, conn: Connection, referral_id: str, take: Take) -> None:
        referral = referral_by_id(conn, referral_id, centre_id=self.actor.centre_id)
        if referral is None:
            raise UnknownIdError("no referral has this id")
        if not self.where.holds(referral):
            raise IllegalStepError(referral.delivery, ())
        take(conn, self.actor, referral_id)

    def _page(self, conn: Connection, after: str | None) -> list[ReferralRecord]:
        return list_referrals(conn, self.actor.centre_id, after=after, limit=MOST, **vars(self.where))

    def _token(self, ids: tuple[str, ...], issued: int | None = None) -> str:
        at = int(wall_now().timestamp()) if issued is None else issued
        named = "".join(one.removeprefix(_PREFIX) for one in ids)
        return f"{at}.{named}.{self.commands.room.vault.blind('bulk', self.actor.centre_id, self.said, str(at), named)}"

    def _audit(self, conn: Connection, action: Action, ids: tuple[str, ...]) -> None:
        record(
            conn, at=self.commands.room.clock.now(), actor=self.actor.name, origin=self.actor.origin, action=action,
            centre_id=self.actor.centre_id, data={"step": self.step, "referrals": list(ids)},
        )  # fmt: skip
