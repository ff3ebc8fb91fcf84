"""`naru purge`: forgets the cases whose time is over, or one that its client wants gone, and says what it destroyed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from sqlalchemy.exc import DBAPIError

from adapters.sdk.kst import kst_today
from hub.cli.starting import DEFAULT_CONFIG, Config, open_store, own_settings, refuse
from hub.retention.configured import Kept, period_of
from hub.retention.forgetting import Forgetter, Forgotten
from hub.retention.judging import Obstacle
from hub.settings import Settings
from hub.store.schema import SchemaError, make_or_check
from hub.store.store import Store, StoreBusyError, StoreUnreachableError
from hub.wiring import ClockUnreachableError, open_clock

app = typer.Typer(add_completion=False)

_ACTOR = "cli"
_WHAT_HELPS = {
    Obstacle.PURGED: "it was destroyed before",
    Obstacle.LEGAL_HOLD: "a law or a court holds it: --release ends that",
    Obstacle.REFERRAL_OPEN: "a referral has not ended: withdraw its consent, cancel or close it",
    Obstacle.WITHDRAWAL_UNDELIVERED: "an agency has not acknowledged the withdrawal yet: wait, or record its word",
    Obstacle.SUPPLEMENT_OPEN: "a supplement is under way: wait for its end",
    Obstacle.DELIVERY_UNDER_WAY: "something is being sent, or its answer was lost: wait for its end, or settle it",
    Obstacle.CONSENT_IN_FORCE: "a consent is in force: withdraw it first (POST /v1/consents/{id}/withdraw)",
}
"""What stands against a demand, and what a person does about it. (No demand waits for a period.)"""


class Reason(StrEnum):
    """Why a case is forgotten before its time."""

    CLIENT_DEMAND = "client_demand"
    """개인정보 보호법 36조: the client asks for it."""
    CONSENT_WITHDRAWN = "consent_withdrawn"
    """개인정보 보호법 37조 4항."""
    COLLECTED_IN_ERROR = "collected_in_error"
    """It should never have come."""


@app.command()
def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be destroyed; destroy nothing.")] = False,
    case: Annotated[
        str | None, typer.Option("--case", help="One case before its time; its consents withdrawn.")
    ] = None,
    reason: Annotated[Reason, typer.Option("--reason", help="With --case: why.")] = Reason.CLIENT_DEMAND,
    hold: Annotated[str | None, typer.Option("--hold", help="Keep this case, whatever its age.")] = None,
    ground: Annotated[str, typer.Option("--ground", help="With --hold: the law or order that asks for it.")] = "",
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="With --hold: its last day.")] = None,
    release: Annotated[str | None, typer.Option("--release", help="Keep this case no longer than others.")] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> None:
    """Destroy what is no longer to be kept, by destroying its keys, and say what was destroyed."""
    if sum(one is not None for one in (case, hold, release)) > 1:
        refuse("--case, --hold and --release go one at a time")
    settings = own_settings(config)
    with _opened(settings, dry=dry_run) as (store, forgetter):
        if hold is not None:
            _hold(forgetter, hold, ground.strip(), until and until.date())
        elif release is not None:
            _release(forgetter, release)
        else:
            done = forgetter.forget_what_is_due() if case is None else _asked_for(forgetter, case, reason)
            scrubbed = None if dry_run else store.scrub()
            _tell(done, settings, forgetter, scrubbed, as_json=as_json)


@contextmanager
def _opened(settings: Settings, *, dry: bool) -> Iterator[tuple[Store, Forgetter]]:
    """Open the store beside whoever serves it; refuse if another one purges."""
    store = open_store(settings)
    try:
        if store.is_shared:
            store.claim()
        store.write_now(make_or_check)
        clock = open_clock(settings.clock, store)
        now = clock.now()
        clock.close()
        with store.only_one("purge"):
            yield store, Forgetter(store, settings.retention, now, _ACTOR, dry=dry)
    except LookupError:
        refuse("no case has this id")
    except StoreBusyError:
        refuse("another `naru purge` works on this store: nothing was done")
    except (ClockUnreachableError, SchemaError, StoreUnreachableError) as error:
        refuse(str(error))
    except DBAPIError as error:  # its text may quote a row
        refuse(f"the store failed ({type(error.orig).__name__}): cases are forgotten whole or not at all; run it again")
    finally:
        store.close()


def _asked_for(forgetter: Forgetter, case_id: str, reason: Reason) -> Forgotten:
    judged = forgetter.forget(case_id, asked_for=reason)
    if judged.why_kept:
        refuse(*(f"{case_id} is kept: {why} ({_WHAT_HELPS[why]})" for why in judged.why_kept))
    return Forgotten(cases=[case_id], destroyed=judged.destroyed)


def _hold(forgetter: Forgetter, case_id: str, ground: str, until: date | None) -> None:
    if not 1 <= len(ground) <= 200:  # noqa: PLR2004 - the column's width
        refuse("--hold needs --ground: the law or order, in at most 200 characters, without a person's name")
    forgetter.hold(case_id, ground, until)
    typer.echo(f"{case_id} is kept {'until it is released' if until is None else f'up to and including {until}'}")


def _release(forgetter: Forgetter, case_id: str) -> None:
    if not forgetter.release(case_id):
        refuse(f"{case_id} was not held")
    typer.echo(f"{case_id} is kept no longer than others")


def _tell(done: Forgotten, settings: Settings, forgetter: Forgetter, scrubbed: bool | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_plain(done, forgetter, scrubbed)))
        return
    for line in _lines(done, settings, forgetter, scrubbed):
        typer.echo(line)


def _plain(done: Forgotten, forgetter: Forgetter, scrubbed: bool | None) -> dict[str, Any]:
    kept: Counter[str] = Counter({str(why): count for why, count in done.kept.items()})
    return {
        "dry_run": forgetter.dry, "cases": len(done.cases), **done.destroyed.as_counts(), "let_go": len(done.let_go),
        "stray_calls": done.stray_calls, "kept": kept, "scrubbed": scrubbed,
    }  # fmt: skip


def _lines(done: Forgotten, settings: Settings, forgetter: Forgetter, scrubbed: bool | None) -> Iterator[str]:
    what, would = done.destroyed, "would be " if forgetter.dry else ""
    yield f"{would}forgotten: cases {len(done.cases)}, keys {what.keys}, sealed texts {what.boxes},"
    yield f"  calls of agencies {what.calls}, hashes of requests {what.answers}, blind indexes {what.blind_indexes}"
    yield f"{would}deleted: registers whose time is over {len(done.let_go)}, calls about nobody {done.stray_calls}"
    for why, count in sorted(done.kept.items()):
        yield f"kept {count} for {why}"
    today = kst_today(forgetter.now)
    for kind in Kept:
        if period_of(settings.retention, kind, today) is None:
            yield f"no [[retention]] is in force for `{kind}`: it is kept without an end"
    if forgetter.dry:
        return
    if settings.store.is_shared:
        yield "PostgreSQL keeps what was overwritten until VACUUM, and in its WAL archive and backups for their time."
    elif scrubbed:
        yield "The store's file and its journal hold none of it any more; a disk may."
    else:
        yield "The journal (-wal) could not be emptied while others read it, and still holds it. Run this again."
    yield "Backups still hold it, with the key that opens them (docs/operations.md)."
