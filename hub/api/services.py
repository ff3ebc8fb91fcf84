"""How a route gets at what was built in `hub/wiring.py`, and at nothing else."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from hub.wiring import Services


async def services_of(request: Request) -> Services:
    """Return the services that the app was built with."""
    return cast("Services", request.app.state.services)


Hub = Annotated[Services, Depends(services_of)]
