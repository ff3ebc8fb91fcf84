from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from notices_bench import START
from receiver import Receiver, receiving, status
from standardwebhooks import Webhook, WebhookVerificationError

from hub.clock import wall_now
from hub.notices.configured import WebhookSettings
from hub.notices.judging import Failure, Outcome
from hub.notices.sender import Resolve, Sender
from hub.notices.targets import Target, new_secret
from hub.store.messages import Message

MESSAGE = Message(
    id="msg_1", type="referral.business_changed", at=START, referral_id="ref_1", case_id="case_1", sequence=7,
    delivery=None, business="approved",
)  # fmt: skip
SETTINGS = WebhookSettings(timeout_seconds=5)
LOCAL = (ip_network("127.0.0.0/8"),)


def leads_to(*addresses: str, asked: list[str] | None = None) -> Resolve:
    """Return a resolver that knows one answer."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        if asked is not None:
            asked.append(host)
        return addresses

    return resolve


async def sent(url: str, sender: Sender | None = None, target: Target | None = None) -> Outcome:
    """Send the message; close the sender."""
    one = sender or Sender(SETTINGS, plain_loopback=True)
    outcome = await one.send(target or Target(url=url, secret=new_secret()), MESSAGE)
    await one.aclose()
    return outcome


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


async def test_what_arrives_verifies_and_holds_ids_and_codes(receiver: Receiver) -> None:
    """The public library accepts the bytes as they came; the body is the event's ids and codes and nothing else."""
    target = Target(url=receiver.url, secret=new_secret())
    assert await sent(receiver.url, target=target) == Outcome(204)
    (one,) = receiver.arrived
    told = Webhook(target.secret).verify(one.body, one.headers)
    assert told == {
        "type": "referral.business_changed",
        "timestamp": "2026-03-02T01:00:00Z",
        "data": {"referral_id": "ref_1", "case_id": "case_1", "sequence": 7, "business": "approved"},
    }
    assert (one.path, one.headers["webhook-id"], one.headers["content-type"]) == (
        "/naru?centre=1", "msg_1", "application/json",
    )  # fmt: skip
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(one.body, one.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(target.secret).verify(one.body.replace(b"approved", b"rejected"), one.headers)


async def test_both_secrets_sign_during_the_overlap_and_one_after(receiver: Receiver) -> None:
    """A receiver that knows either secret goes on; when the overlap is over, the old one opens nothing."""
    old = Target(url=receiver.url, secret=new_secret())
    now = wall_now()
    for target in (old.rotated(now, dt.timedelta(hours=1)), old.rotated(now, dt.timedelta(0))):
        assert (await sent(receiver.url, target=target)).is_delivered
    target = old.rotated(now - dt.timedelta(hours=2), dt.timedelta(hours=1))
    assert (await sent(receiver.url, target=target)).is_delivered
    during, at_once, after = receiver.arrived
    Webhook(old.secret).verify(during.body, during.headers)
    Webhook(target.secret).verify(after.body, after.headers)
    assert [len(one.headers["webhook-signature"].split()) for one in receiver.arrived] == [2, 1, 1]
    for one in (at_once, after):
        with pytest.raises(WebhookVerificationError):
            Webhook(old.secret).verify(one.body, one.headers)


@pytest.mark.parametrize("code", [301, 302, 307, 308])
async def test_redirects_are_not_followed(receiver: Receiver, code: int) -> None:
    """Where a receiver points is never called: it may point inside."""
    receiver.script.append(status(code, f"location: {receiver.url}"))
    assert (await sent(receiver.url), receiver.connections) == (Outcome(code), 1)


async def test_an_endless_answer_costs_nothing(receiver: Receiver) -> None:
    """Of an answer only its status and headers are read."""
    receiver.script.append(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n" + b"x" * 65536)
    assert await sent(receiver.url) == Outcome(200)


@pytest.mark.parametrize("start", [None, b"", b"HTTP/1.1 200 OK\r\nx-slow: "])
async def test_nobody_is_waited_for_longer_than_set(receiver: Receiver, start: bytes | None) -> None:
    """A receiver that never answers, hangs up, or never ends its headers is a failure like others."""
    receiver.script.append(start)
    patience = 0.3 if start is None else 5  # the others hang up by themselves
    outcome = await sent(receiver.url, Sender(WebhookSettings(timeout_seconds=patience), plain_loopback=True))
    assert outcome.failure == (Failure.TIMED_OUT if start is None else Failure.BROKE_OFF)


async def test_headers_without_end_are_broken_off(receiver: Receiver) -> None:
    """No more than some 100 KB of headers is taken in."""
    receiver.script.append(b"HTTP/1.1 200 OK\r\n" + b"x-more: " + b"y" * 300_000)
    assert (await sent(receiver.url)).failure is Failure.BROKE_OFF


@pytest.mark.parametrize("form", ["number", "date", "nonsense", "no such year"])
async def test_retry_after_is_read_in_both_forms(receiver: Receiver, form: str) -> None:
    """Seconds or a date; nonsense asks for nothing."""
    date = format_datetime(wall_now() + dt.timedelta(seconds=120), usegmt=True)
    said = {"number": "120", "date": date, "nonsense": "soon", "no such year": date.replace(date.split()[3], "9" * 40)}
    receiver.script.append(status(429, f"retry-after: {said[form]}"))
    outcome = await sent(receiver.url)
    assert outcome.status == 429
    assert (outcome.retry_after_seconds is None) == (form not in {"number", "date"})
    assert outcome.retry_after_seconds is None or 110 < outcome.retry_after_seconds <= 120


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.0.0.1",),
        ("169.254.169.254",),
        ("::ffff:127.0.0.1",),
        ("8.8.8.8", "127.0.0.1"),
        ("fe80::1%1",),
    ],
)
async def test_a_name_that_leads_inside_is_not_called(receiver: Receiver, addresses: tuple[str, ...]) -> None:
    """One inner address among those of a name is enough: nothing is connected to."""
    sender = Sender(SETTINGS, plain_loopback=False, resolve=leads_to(*addresses))
    outcome = await sent(f"https://centre.example:{receiver.port}/", sender)
    assert (outcome.failure, receiver.connections) == (Failure.ADDRESS_FORBIDDEN, 0)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_other_spellings_of_this_machine_are_not_called(receiver: Receiver, host: str) -> None:
    """Whatever the system makes of a name is judged, not the name."""
    outcome = await sent(f"https://{host}:{receiver.port}/", Sender(SETTINGS, plain_loopback=False))
    assert outcome.failure in {Failure.ADDRESS_FORBIDDEN, Failure.NAME_UNRESOLVED}
    assert receiver.connections == 0


async def test_mock_mode_opens_this_machine_and_nothing_else(receiver: Receiver) -> None:
    """A name of a private network is refused in mock mode too, and plain http goes nowhere but here."""
    inside = Sender(SETTINGS, plain_loopback=True, resolve=leads_to("10.0.0.1"))
    assert (await sent("https://centre.example/", inside)).failure is Failure.ADDRESS_FORBIDDEN
    plain = Sender(
        WebhookSettings(allow_private=(ip_network("10.0.0.0/8"),)), plain_loopback=True, resolve=leads_to("10.0.0.1")
    )
    assert (await sent("http://localhost/", plain)).failure is Failure.ADDRESS_FORBIDDEN


async def test_a_name_without_address_is_a_failure() -> None:
    """What the resolver says is not repeated."""

    async def fail(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    outcome = await sent("https://centre.example/", Sender(SETTINGS, plain_loopback=False, resolve=fail))
    assert outcome == Outcome(failure=Failure.NAME_UNRESOLVED)


async def test_nobody_listens() -> None:
    """A refused connection is told apart from one that broke off."""
    async with receiving() as gone:
        url = gone.url
    assert (await sent(url)).failure is Failure.CONNECT_FAILED


@pytest.fixture
def certified(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A certificate of centre.example, and who signed it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=centre.example")
    now = wall_now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("centre.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, private = tmp_path / "ca.pem", tmp_path / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return context, pem


async def test_the_judged_address_is_called_and_tls_proves_the_name(certified: tuple[ssl.SSLContext, Path]) -> None:
    """The name is looked up once, its address called, and the certificate is the name's; another name's is refused."""
    context, ca = certified
    settings = WebhookSettings(timeout_seconds=5, allow_private=LOCAL, ca=ca)
    async with receiving(context) as receiver:
        for name, wanted in (("centre.example", None), ("other.example", Failure.TLS_FAILED)):
            asked: list[str] = []
            sender = Sender(settings, plain_loopback=False, resolve=leads_to("127.0.0.1", asked=asked))
            outcome = await sent(f"https://{name}:{receiver.port}/naru", sender)
            assert (outcome.failure, asked) == (wanted, [name])
        assert [one.headers["host"] for one in receiver.arrived] == [f"centre.example:{receiver.port}"]


async def test_unknown_certificates_are_refused(certified: tuple[ssl.SSLContext, Path]) -> None:
    """Nobody signed it whom we know: not a byte of the message goes there."""
    settings = WebhookSettings(timeout_seconds=5, allow_private=LOCAL)
    async with receiving(certified[0]) as receiver:
        sender = Sender(settings, plain_loopback=False, resolve=leads_to("127.0.0.1"))
        assert (await sent(f"https://centre.example:{receiver.port}/", sender)).failure is Failure.TLS_FAILED
        assert receiver.arrived == []


async def test_the_next_address_is_tried_when_the_first_takes_no_connection(receiver: Receiver) -> None:
    """A name with an address that is away is reached at its other one, and gets the message once."""
    sender = Sender(SETTINGS, plain_loopback=True, resolve=leads_to("::1", "127.0.0.1"))
    assert (await sent(f"http://localhost:{receiver.port}/", sender)).is_delivered
    assert len(receiver.arrived) == 1


async def test_calls_share_nothing(receiver: Receiver) -> None:
    """Each call has a connection of its own, and a receiver's cookie is not brought back."""
    receiver.script.extend([status(204, "set-cookie: a=b; Path=/")] * 2)
    sender = Sender(SETTINGS, plain_loopback=True)
    target = Target(url=receiver.url, secret=new_secret())
    assert [outcome.status for outcome in await asyncio.gather(*[sender.send(target, MESSAGE) for _ in range(2)])] == [
        204,
        204,
    ]
    assert (await sender.send(target, MESSAGE)).is_delivered
    await sender.aclose()
    assert receiver.connections == 3
    assert ["cookie" in one.headers for one in receiver.arrived] == [False, False, False]


HOSTS = st.one_of(st.from_regex(r"[a-z0-9.%@\[\]:_-]{0,80}", fullmatch=True), st.text(max_size=20))


async def test_names_that_nobody_answers_for_keep_no_agency_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """More names than the shared threads could hold are being looked up; what else wants such a thread gets it."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    asked, answer = Semaphore(0), Event()

    def never(*_: Any, **__: Any) -> Any:
        asked.release()
        answer.wait(10)
        raise OSError

    monkeypatch.setattr("hub.notices.sender.socket.getaddrinfo", never)
    sender = Sender(SETTINGS, plain_loopback=False)
    target = Target(url="https://centre.example/", secret=new_secret())
    sends = [asyncio.create_task(sender.send(target, MESSAGE)) for _ in range(6)]
    for _ in sends:
        assert await asyncio.to_thread(asked.acquire, timeout=4)
    answer.set()
    assert [one.failure for one in await asyncio.gather(*sends)] == [Failure.NAME_UNRESOLVED] * 6
    await sender.aclose()


@settings(max_examples=200, deadline=None)
@given(url=st.builds(lambda host, rest: f"https://{host}{rest}", HOSTS, st.text(max_size=20)))
def test_no_address_breaks_the_sender(url: str) -> None:
    """Whatever a centre types is refused in words at its registration, or is an outcome when it is called."""
    sender = Sender(SETTINGS, plain_loopback=False, resolve=leads_to("127.0.0.1"))
    try:
        sender.check(url)
    except ValueError as error:
        assert str(error).startswith("주소")  # noqa: PT017 - either way is right
    outcome = asyncio.run(sent(url, sender, Target(url=url, secret=new_secret())))
    assert outcome.failure in {Failure.ADDRESS_FORBIDDEN, Failure.NAME_UNRESOLVED}
