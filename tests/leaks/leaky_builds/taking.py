"""How the leaky builds that leak at intake come to the document: no build by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.cli.stage import leash
from hub.intake.intake import Intake

_accept = Intake.accept_case


def run_leaking(leak: Callable[[Any], None]) -> None:
    """Run the command line, and do something with every document that is accepted."""

    async def accept(self: Any, actor: Any, key: str, body: str, document: Any) -> Any:
        leak(document)
        return await _accept(self, actor, key, body, document)

    Intake.accept_case = accept  # type: ignore[method-assign]
    leash.run()
