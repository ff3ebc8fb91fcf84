"""Takes no lease: nobody can see that somebody is at work, nor that he died."""

from __future__ import annotations

from typing import Any

from hub.cli.stage import leash
from hub.delivery import begin


def no_lease(*_: Any) -> None:
    """Give a lease of no time."""


begin._lease_end = no_lease
leash.run()
