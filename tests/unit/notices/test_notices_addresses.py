from __future__ import annotations

from ipaddress import ip_network

import pytest

from hub.notices.addresses import LOOPBACK, may_be_called, read_address
from hub.notices.targets import check_url

FORBIDDEN = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::1",
    "3fff::1", "fc00::1", "fd12:3456:789a::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
)  # fmt: skip
PUBLIC = (
    "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "192.167.255.255",
    "223.255.255.255", "211.171.190.1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:4860:4860::8888",
    "2400:cb00::1",
)  # fmt: skip
BAD_URLS = (
    "", "centre.example", "ftp://centre.example/", "http://centre.example/", "https://", "https:///x",
    "https://user@centre.example/", "https://user:word@centre.example/", "https://@centre.example/",
    "https://:@centre.example/", "https://centre.example/#x", "https://centre.example:0/",
    "https://centre.example:99999/", "https://centre.example/ x", "https://centre.example/\n", "https://센터.example/",
    "https://centre.example/" + "x" * 500, "http://127.0.0.1/", "javascript:alert(1)", "file:///etc/passwd",
)  # fmt: skip


@pytest.mark.parametrize("text", FORBIDDEN)
def test_inner_addresses_are_not_called(text: str) -> None:
    """Private, shared, local, translated, reserved and multicast addresses are refused, in whatever dress they come."""
    assert may_be_called(read_address(text), ()) is False


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_called(text: str) -> None:
    """What is anybody's on the internet is called, also just beside a network that is not."""
    assert may_be_called(read_address(text), ()) is True


def test_an_allowed_network_is_called_and_its_neighbour_is_not() -> None:
    """Operators open one network, and no more than that one; mapped addresses count as what they stand for."""
    allowed = (ip_network("10.20.0.0/16"), ip_network("fd00:1::/32"))
    asked = ("10.20.3.4", "10.21.0.1", "fd00:1::5", "fd00:2::5", "::ffff:10.20.3.4", "127.0.0.1")
    assert [may_be_called(read_address(text), allowed) for text in asked] == [True, False, True, False, True, False]
    assert may_be_called(read_address("::ffff:127.0.0.1"), LOOPBACK) is True


@pytest.mark.parametrize("url", BAD_URLS)
def test_urls_that_cannot_be_meant_are_refused_in_words(url: str) -> None:
    """The refusal is Korean, and does not repeat the address."""
    with pytest.raises(ValueError, match=r"^주소") as refused:
        check_url(url, plain_loopback=False)
    assert not url or url not in str(refused.value)


def test_http_is_for_this_machine_in_mock_mode_only() -> None:
    """Without TLS nothing leaves the machine, whatever the mode."""
    for url in ("http://127.0.0.1:9000/x", "http://localhost:9000/x", "http://[::1]:9000/x"):
        check_url(url, plain_loopback=True)
    for url in ("http://10.0.0.1/x", "http://centre.example/x", "http://127.0.0.1.centre.example/"):
        with pytest.raises(ValueError, match="https"):
            check_url(url, plain_loopback=True)
    check_url("https://centre.example:8443/naru?key=1", plain_loopback=False)
