"""Sends again after a lost answer without asking first."""

from __future__ import annotations

from typing import Any

from hub.cli.stage import leash
from hub.delivery import begin
from hub.delivery.acts import Act, next_act


def resend(*known: Any) -> Act:
    """Take every look-up for a send."""
    act = next_act(*known)
    return Act.SEND if act is Act.LOOK_UP else act


begin.next_act = resend
leash.run()
