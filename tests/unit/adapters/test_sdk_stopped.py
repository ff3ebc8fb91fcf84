"""A process that is stopped (SIGSTOP) between its decision and the first byte, and goes on when the time is over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from raw_wire import answering, raw_server, reply_bytes

ROOT = Path(__file__).parents[3]
STOPPED = """
import asyncio, os, signal, sys
from adapters.sdk import Disclose, Gate, HttpEndpoint, HttpWire, NotSentError
from adapters.sdk.decisions import steady_now
from adapters.sdk.transports.http_pool import HttpPool
url, seconds = sys.argv[1], float(sys.argv[2])
connect = HttpPool._connect
async def stop_when_connected(*args):
    connection = await connect(*args)
    os.kill(os.getpid(), signal.SIGSTOP)
    return connection
HttpPool._connect = stop_when_connected
async def send():
    gate, send_by = Gate(), steady_now() + seconds
    made = Disclose(attempt_id="a", recipient="haengbok", send_by=send_by, fields=frozenset(), bases={}, fields_hmac="")
    wire = HttpWire("haengbok", gate, HttpEndpoint(url, 120.0, 4096))
    try:
        reply = await wire.send(gate.stamp(made), "POST", "/submit", body=b"x")
        print("sent", reply.status, end="")
    except NotSentError:
        print("not sent", steady_now() >= send_by, gate.has_left("a"), end="")
    await wire.aclose()
asyncio.run(send())
"""


def _until_stopped(pid: int) -> int:
    told = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    return 0 if told is None else told.si_code


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "said"), [(3.0, "not sent True False"), (300.0, "sent 200")])
async def test_a_process_that_was_stopped_sends_nothing_late(seconds: float, said: str) -> None:
    """Stopped on an open connection: continued after `send_by` not a byte arrives, continued in time the request."""
    async with raw_server(answering(reply_bytes(200))) as server:
        program = [sys.executable, "-c", STOPPED, server.url, str(seconds)]
        process = await asyncio.create_subprocess_exec(
            *program, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        try:
            assert await asyncio.to_thread(_until_stopped, process.pid) == os.CLD_STOPPED
            assert server.received == 0
            await asyncio.sleep(seconds % 300)  # the time itself is what is tested: it passes while nobody runs
            process.send_signal(signal.SIGCONT)
            told, _ = await process.communicate()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        assert told.decode() == said
        assert (server.received > 0) == (said == "sent 200")
        assert len(server.connections) == 1
