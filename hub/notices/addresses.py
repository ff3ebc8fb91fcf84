"""Which network addresses a webhook may lead to. Pure; looking a name up and connecting is the sender's.

The tables stand here, not in the standard library's `is_global`: what that says has changed from one Python to the
next. For IPv6 only global unicast (2000::/3) is public at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_NOT_PUBLIC: tuple[Network, ...] = tuple(ip_network(text) for text in (
    "0.0.0.0/8",        # this network
    "10.0.0.0/8",       # private
    "100.64.0.0/10",    # behind a carrier's NAT
    "127.0.0.0/8",      # loopback
    "169.254.0.0/16",   # link-local; clouds tell secrets at 169.254.169.254
    "172.16.0.0/12",    # private
    "192.0.0.0/24",     # protocol assignments
    "192.0.2.0/24",     # documentation
    "192.88.99.0/24",   # 6to4 relays
    "192.168.0.0/16",   # private
    "198.18.0.0/15",    # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",   # documentation
    "224.0.0.0/4",      # multicast
    "240.0.0.0/4",      # reserved, and broadcast
    "2001::/23",        # protocol assignments, Teredo among them
    "2001:db8::/32",    # documentation
    "2002::/16",        # 6to4: an IPv4 address in disguise
    "3fff::/20",        # documentation
))  # fmt: skip
_PUBLIC_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def read_address(text: str) -> Address:
    """Return the address that is really called: a mapped or translated IPv4 address as what it stands for.

    Raises:
        ValueError: it is no address.
    """
    address = ip_address(text.partition("%")[0])  # without a zone, which only link-local addresses have
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def may_be_called(address: Address, allowed: Sequence[Network]) -> bool:
    """Return whether an address is public, or lies in a network that is allowed."""
    return _lies_in(address, allowed) or is_public(address)


def is_public(address: Address) -> bool:
    """Return whether an address is anybody's on the internet, and so not of a network behind the hub."""
    if isinstance(address, IPv6Address) and address not in _PUBLIC_V6:
        return False
    return not _lies_in(address, _NOT_PUBLIC)


def is_loopback(address: Address) -> bool:
    """Return whether an address is this machine's own."""
    return _lies_in(address, LOOPBACK)


def _lies_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
