"""Settings of an adapter: what `[adapters.<slug>]` in config.toml and `NARU_ADAPTERS__<SLUG>__…` may say."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from adapters.sdk.profile import Maintenance, ServiceHours


class AdapterSettings(BaseModel):
    """Base of every adapter's settings. Secrets are `SecretStr` fields; file paths name keys, never hold them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    enabled: bool = False
    """Installed is not active: an agency is reached only when this is true."""
    live_schemes: ClassVar[frozenset[str]] = frozenset({"https"})
    """The schemes of `base_url` that live mode takes. Wires that are not HTTP have others: `tls://`, `file://`."""

    base_url: str = ""
    """Where the agency is; empty in the safe default configuration."""
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 10.0
    """The overall deadline of one call, from connecting to the last byte of the answer."""
    max_reply_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 1024 * 1024
    """The longest answer that is read, after decompression."""
    concurrency: Annotated[int | None, Field(ge=1, le=10)] = None
    """Calls in flight, if fewer than the profile's."""
    per_second: Annotated[float | None, Field(gt=0)] = None
    """Calls begun in a second, if fewer than the profile's."""
    retry: bool = True
    """Whether the hub tries again by itself what did not arrive, or whose answer was lost; off: a person decides."""
    host: str = ""
    """For an agency that takes files, if several machines serve: the host name of the one that has its folders."""
    service_hours: ServiceHours | None = None
    """운영 시간 (KST), if other than the profile's: `{ opens = 09:00:00, closes = 18:00:00 }`."""
    maintenance: tuple[Maintenance, ...] = ()
    """점검 that the agency announced: `[{ begins = 2025-01-15T22:00:00+09:00, ends = … }]`."""

    def missing(self) -> list[str]:
        """Return the names of the settings that an enabled agency needs and that are empty. Never a value."""
        return [] if self.base_url else ["base_url"]

    def unfit_for_live(self) -> list[str]:
        """Return, in words without values, what live mode refuses: plaintext wires, loopback addresses."""
        problems = []
        url = urlsplit(self.base_url)
        if url.scheme not in self.live_schemes:
            problems.append(f"base_url: live mode needs {' or '.join(sorted(self.live_schemes))}")
        if is_loopback(url.hostname or ""):
            problems.append("base_url: live mode refuses a loopback address")
        return problems


_OWN_NAMES = frozenset({"localhost", "localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback"})


def is_loopback(host: str) -> bool:
    """Return whether a host name or address names this machine itself, in whatever way it is written.

    An address of nobody (`0.0.0.0`, `::`) reaches this machine, too; so do `127.1`, `0x7f000001`, `::ffff:127.0.0.1`.
    """
    host = host.rstrip(".").lower()
    if host in _OWN_NAMES or host.endswith(".localhost"):
        return True
    address = _address(host)
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return address is not None and (address.is_loopback or address.is_unspecified)


def listens_beyond(host: str) -> bool:
    """Return whether who listens at `host` is heard beyond this machine: nobody's address (`0.0.0.0`, `::`) is all."""
    address = _address(host.rstrip("."))
    return not is_loopback(host) or (address is not None and address.is_unspecified)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host.partition("%")[0])
    with contextlib.suppress(OSError, UnicodeError):
        return ipaddress.IPv4Address(socket.inet_aton(host))  # the short ways to write one, which resolvers know
    return None
