"""Where an adapter gets its transports from: bound to the agency and to the gate, so that none works undecided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import httpx

from adapters.sdk.decisions import Gate, Impersonal
from adapters.sdk.errors import UndecidedError
from adapters.sdk.transports.drop import DropEndpoint, DropWire
from adapters.sdk.transports.http import HttpEndpoint, HttpWire
from adapters.sdk.transports.soap import SoapRules, SoapSecurity, SoapWire
from adapters.sdk.transports.soap_contract import SoapContract
from adapters.sdk.transports.telegram import Line, TelegramEndpoint, TelegramWire
from adapters.sdk.transports.tokens import ClientCredentials, TokenSource


class _Closes(Protocol):
    async def aclose(self) -> None: ...


class Wires:
    """Opens transports for one agency, bound to its gate.

    Tests pass `inner` (an `httpx` transport) and reach an app or a function, or `line`, which is told telegrams.
    `leave` mints the leave to fetch a token, a new one whenever it is asked; without it there are no tokens. All
    transports that it opened are closed with it.
    """

    def __init__(
        self,
        slug: str,
        gate: Gate,
        inner: httpx.AsyncBaseTransport | None = None,
        leave: Callable[[], Impersonal] | None = None,
        line: Line | None = None,
    ) -> None:
        self._slug = slug
        self._gate = gate
        self._inner = inner
        self._leave = leave
        self._line = line
        self._open: list[_Closes] = []

    def http(self, endpoint: HttpEndpoint) -> HttpWire:
        """Open an HTTP wire: one pool of at most ten connections, no redirects, no environment proxies."""
        wire = HttpWire(self._slug, self._gate, endpoint, self._inner)
        self._open.append(wire)
        return wire

    def tokens(self, endpoint: HttpEndpoint, credentials: ClientCredentials) -> TokenSource:
        """Open a source of bearer tokens, over a wire of its own: the `auth` of the endpoint that the verbs call.

        Raises:
            UndecidedError: nobody gave these wires the leave to fetch any.
        """
        if self._leave is None:
            raise UndecidedError(f"{self._slug}: these wires have no leave to fetch tokens")
        wire = self.http(replace(endpoint, auth=None))
        return TokenSource(self._slug, wire, credentials, self._leave, self._gate.forget)

    def soap(
        self, endpoint: HttpEndpoint, contract: SoapContract, security: SoapSecurity, rules: SoapRules
    ) -> SoapWire:
        """Open a SOAP 1.1 wire over an HTTP wire of its own."""
        return SoapWire(self.http(endpoint), contract, security, rules)

    def telegram(self, endpoint: TelegramEndpoint) -> TelegramWire:
        """Open a telegram wire: a connection of its own for every call, at most as many as the endpoint says."""
        return TelegramWire(self._slug, self._gate, endpoint, self._line)

    def drop(self, endpoint: DropEndpoint) -> DropWire:
        """Open the drop folders of an agency that takes files."""
        wire = DropWire(self._slug, self._gate, endpoint)
        self._open.append(wire)
        return wire

    async def aclose(self) -> None:
        """Close every transport that was opened here."""
        for wire in self._open:
            await wire.aclose()
