"""The foreign SOAP clients: how each is started, what it needs, and orders for it. What they do is in `clients/`."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mocks.kit.pki import Certificates
from mocks.kit.run import MockServer

CLIENTS = Path(__file__).parent / "clients"
REFERRAL = "urn:naru:haengbok:referral:1"
TYPES = "http://ccais.mopas.go.kr/dh/rid/services/swsdn/ReductionBscLivYn/types"
OLDEST_NODE = (20, 19)
WAIT_SECONDS = 60

_serial = itertools.count(1)


@dataclass(frozen=True)
class SoapClient:
    """One script in `clients/`, and the SOAP version that it shall speak."""

    runtime: str
    script: str
    version: str
    signs: bool = False

    def __str__(self) -> str:
        return f"{self.script.partition('.')[0]}-{self.version}{'-signed' if self.signs else ''}"

    @property
    def blames(self) -> str:
        """What this version's faults call the caller."""
        return "Sender" if self.version == "1.2" else "Client"

    async def call(
        self,
        mocks: MockServer,
        *calls: dict[str, Any],
        certificates: Certificates | None = None,
        signer: str = "hub-signing",
    ) -> dict[str, Any]:
        """Let the client load the WSDL from the running mock and carry out `calls`, signing if it is given keys."""
        skip_unless_there(self.runtime)
        order: dict[str, Any] = {"version": self.version, "calls": calls}
        order["wsdl"] = f"{mocks.url_of('haengbok')}/referral/ReferralService?wsdl"
        if certificates is not None:
            paths = {"certificate": certificates.certificate(signer), "key": certificates.key(signer)}
            order["signing"] = {name: str(path) for name, path in paths.items()}
        process = await asyncio.create_subprocess_exec(
            self.runtime, str(CLIENTS / self.script),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_direct(),
        )  # fmt: skip
        try:
            out, errors = await asyncio.wait_for(process.communicate(json.dumps(order).encode()), WAIT_SECONDS)
        except TimeoutError:
            process.kill()
            raise
        assert process.returncode == 0, errors.decode() + out.decode()
        told: dict[str, Any] = json.loads(out)
        assert len(told["answers"]) == len(calls)
        return told


def a_call(operation: str, fields: dict[str, str], **header: str) -> dict[str, Any]:
    """Return one call of an order: `header` replaces fields of the commonHeader."""
    service = "ReductionBscLivYn" if operation == "getReductionBscLivYn" else "Referral"
    common = {
        "serviceName": f"{service}Service",
        "useSystemCode": "FOREIGN01",
        "certServerId": "SVR6410000001",
        "transactionUniqueId": f"20250115090000000{next(_serial):08d}",
        "userDeptCode": "6410000",
        "userName": "똠방각하",
    }
    return {
        "service": f"{service}Service",
        "port": service,
        "namespace": REFERRAL if service == "Referral" else TYPES,
        "operation": operation,
        "header": common | header,
        "fields": fields,
    }


def skip_unless_there(runtime: str) -> None:
    """Skip the test that asks if what `runtime` needs is not on this machine."""
    reason = _lack_of(runtime)
    if reason is not None:
        pytest.skip(reason)


@cache
def _lack_of(runtime: str) -> str | None:
    if shutil.which(runtime) is None:
        return {
            "php": "php is not here; Debian: apt-get install php-cli php-soap",
            "node": "node is not here; Debian: apt-get install nodejs npm",
        }[runtime]
    if runtime == "php":
        modules = subprocess.run(["php", "-m"], check=True, capture_output=True, text=True).stdout.split()
        return None if {"soap", "json"} <= set(modules) else "php has no SoapClient; Debian: apt-get install php-soap"
    version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    if tuple(map(int, version.removeprefix("v").split(".")[:2])) < OLDEST_NODE:
        return f"node {'.'.join(map(str, OLDEST_NODE))} or newer is needed, and this is {version}"
    lacking = [name for name in ("soap", "strong-soap") if not (CLIENTS / "node_modules" / name).is_dir()]
    return f"{' and '.join(lacking)} not installed: make foreign" if lacking else None


def _direct() -> dict[str, str]:
    """Return an environment in which nobody goes to a proxy: the mock is on this machine."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
