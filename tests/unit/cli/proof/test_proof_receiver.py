"""The proof's webhook receiver: it keeps what it takes, refuses some, and loses some answers."""

from __future__ import annotations

import socket
from collections import Counter

import httpx

from hub.cli.proof.receiver import Receiver


def test_it_keeps_what_it_takes_and_is_not_always_well() -> None:
    """What is refused is not kept, what is answered is; of what is kept some answers are lost."""
    answers: Counter[int] = Counter()
    with Receiver(0.0, 1) as receiver, httpx.Client(trust_env=False) as client:
        for number in range(200):
            try:
                answered = client.post(receiver.url, content=b"{}", headers={"webhook-id": f"msg_{number}"})
            except httpx.TransportError:
                answers[0] += 1
            else:
                answers[answered.status_code] += 1
    kept = {notice.headers["webhook-id"] for notice in receiver.notices}
    assert set(answers) == {0, 204, 503}
    assert answers[503] == receiver.refused
    assert len(receiver.notices) == len(kept) == answers[204] + answers[0]


def test_half_a_message_is_none() -> None:
    """A sender that dies on the way has told nothing."""
    with Receiver(0.0, 1) as receiver:
        with socket.create_connection(("127.0.0.1", receiver.server_port)) as line:
            line.sendall(b'POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 9\r\n\r\n{"a"')
            line.shutdown(socket.SHUT_WR)
            assert line.recv(100) == b""
        assert receiver.notices == []
