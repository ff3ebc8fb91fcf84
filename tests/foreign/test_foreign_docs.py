"""What docs/foreign-clients.md tells people to type is typed here, in its order, against mocks started as it says."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from soap_clients import skip_unless_there

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
WRITTEN = "http://127.0.0.1:8800"
WAIT_SECONDS = 60


def typed() -> list[list[str]]:
    """Return the document's commands, as words, in their order."""
    blocks = FENCE.findall((ROOT / "docs" / "foreign-clients.md").read_text(encoding="utf-8"))
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like the repository to the commands, so that what they make does not land in it."""
    for name in ("examples", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@asynccontextmanager
async def mocks(words: list[str], folder: Path) -> AsyncIterator[str]:
    """Start the mocks by a `naru mocks` line, on a free port; return where they are."""
    ready = folder / "ready.json"
    naru = Path(sys.executable).parent / words[0]
    process = await asyncio.create_subprocess_exec(
        naru, *words[1:], "--port", "0", "--ready-file", ready, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        await asyncio.wait_for(process.stdout.readuntil(b"_mock\n"), WAIT_SECONDS)
        yield json.loads(ready.read_text(encoding="utf-8"))["base_url"]
    finally:
        process.terminate()
        await process.wait()


async def run(words: list[str], folder: Path, said: bytes | None = None) -> tuple[str, str]:
    """Run a command with standard input `said`; it must end with 0. Return what it printed, and what as errors."""
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, errors = await asyncio.wait_for(process.communicate(said), WAIT_SECONDS)
    assert process.returncode == 0, f"{words}: {errors.decode()}"
    return out.decode(), errors.decode()


async def give_order(words: list[str], folder: Path, base_url: str) -> list[str]:
    """Run `php script < order` with the order's address replaced; return the rtnCd of each reply."""
    program, script, sign, order = words
    assert sign == "<"
    skip_unless_there(program)
    said = (folder / order).read_bytes().replace(WRITTEN.encode(), base_url.encode())
    answers = json.loads((await run([program, script], folder, said))[0])["answers"]
    return [answer["reply"]["rtnCd"] for answer in answers]


async def test_the_commands_work_in_their_order(folder: Path) -> None:
    """The WSDL is served, and every client's two calls are answered 정상, the signing one's by the default mock."""
    lines = typed()
    (unsigned, signed), (curl,) = ([words for words in lines if words[0] == program] for program in ("naru", "curl"))
    clients = [words for words in lines if words[0] in {"php", "node"}]
    async with mocks(unsigned, folder) as base_url, httpx.AsyncClient(trust_env=False) as http:
        wsdl = (await http.get(curl[1].replace(WRITTEN, base_url))).text
        told = {words[1]: await give_order(words, folder, base_url) for words in clients[:3]}
    async with mocks(signed, folder) as base_url:
        told |= {"signed": await give_order(clients[3], folder, base_url)}

    assert "ReferralService?xsd=referral.xsd" in wsdl
    assert [(Path(name).name, codes) for name, codes in told.items()] == [
        (name, ["0000", "0000"]) for name in ("php_soap.php", "node_soap.mjs", "strong_soap.cjs", "signed")
    ]


async def test_the_judge_is_called_as_written(folder: Path) -> None:
    """The lines for xmlsec1 find the golden messages good: four parts of four."""
    if shutil.which("xmlsec1") is None:
        pytest.skip("xmlsec1 is not here; Debian: apt-get install xmlsec1")
    told = ["".join(await run(words, folder)) for words in typed() if words[0] == "xmlsec1"]
    assert [("OK" in text, "(ok/all): 4/4" in text) for text in told] == [(True, True)] * 2


def test_what_is_to_be_installed_is_what_ci_installs() -> None:
    """The document's apt-get line names the Debian packages of .ci/run, without node's: a machine may have another."""
    (words,) = (words for words in typed() if words[0] == "apt-get")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    installed = {name for names in re.findall(r"missing\+=\(([^)]*)\)", script) for name in names.split()}
    assert set(words[3:]) == installed - {"nodejs", "npm"}


def test_every_kind_of_command_is_tested_here() -> None:
    """A new kind of command in the document needs a test."""
    assert {words[0] for words in typed()} == {"apt-get", "make", "naru", "curl", "php", "node", "xmlsec1"}
