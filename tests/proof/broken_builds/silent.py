"""Does not write every event down for the centre's webhooks: every fourth is left out."""

from __future__ import annotations

from typing import Any

from hub.cli.stage import leash
from hub.store import referrals

_post_event = referrals.post_event


def post_some(*where: Any, sequence: int, **told: Any) -> None:
    """Post an event, unless it is a fourth one."""
    if sequence % 4 != 2:
        _post_event(*where, sequence=sequence, **told)


referrals.post_event = post_some
leash.run()
