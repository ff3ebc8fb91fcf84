"""Where an adapter gets its transports from: bound to the agency and to the gate, so that none works undecided."""

from __future__ import annotations

from typing import Protocol

import httpx

from adapters.sdk.decisions import Gate
from adapters.sdk.transports.http import HttpEndpoint, HttpWire
from adapters.sdk.transports.soap import SoapRules, SoapSecurity, SoapWire
from adapters.sdk.transports.soap_contract import SoapContract


class _Closes(Protocol):
    async def aclose(self) -> None: ...


class Wires:
    """Opens transports for one agency. Tests pass `inner` (an `httpx` transport) and reach an app or a function.

    All transports that it opened are closed with it.
    """

    def __init__(self, slug: str, gate: Gate, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._slug = slug
        self._gate = gate
        self._inner = inner
        self._open: list[_Closes] = []

    def http(self, endpoint: HttpEndpoint) -> HttpWire:
        """Open an HTTP wire: one pool of at most ten connections, no redirects, no environment proxies."""
        wire = HttpWire(self._slug, self._gate, endpoint, self._inner)
        self._open.append(wire)
        return wire

    def soap(
        self, endpoint: HttpEndpoint, contract: SoapContract, security: SoapSecurity, rules: SoapRules
    ) -> SoapWire:
        """Open a SOAP 1.1 wire over an HTTP wire of its own."""
        return SoapWire(self.http(endpoint), contract, security, rules)

    async def aclose(self) -> None:
        """Close every transport that was opened here."""
        for wire in self._open:
            await wire.aclose()
