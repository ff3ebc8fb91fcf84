"""What the READMEs and guides tell people to type is typed here, or at least exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from repository import ROOT, named, tracked
from typer.main import get_command
from typer.testing import CliRunner

from hub.cli import app
from mocks.kit.pki import make_certificates
from mocks.kit.registry import installed_mocks
from mocks.kit.run import MockServer

DOCS = [path for path in tracked() if path.suffix == ".md"]
TYPED_HERE = [path for path in DOCS if path.name != "foreign-clients.md"]  # tests/foreign/test_foreign_docs.py types it
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
CODE = re.compile(r"`([^`\n]+)`")
CHEAP = ("openapi", "adapters")
UNKNOWN_CASE = 422


def typed(path: Path) -> Iterator[list[str]]:
    """Yield the commands of a document's `sh` blocks, as words."""
    for block in FENCE.findall(path.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                yield words


def commands(program: str) -> list[list[str]]:
    """Return what the documents type to a program, each once."""
    found = {tuple(words) for path in TYPED_HERE for words in typed(path) if words[0] == program}
    return [list(words) for words in sorted(found)]


def make_targets() -> set[str]:
    """Return the targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def naru_commands() -> set[str]:
    """Return the commands of `naru`."""
    group = get_command(app)
    return set(group.list_commands(None))  # type: ignore[attr-defined]


def test_documents_type_only_what_is_tested_here() -> None:
    """A new kind of command in a document needs a test of its own."""
    programs = {words[0] for path in TYPED_HERE for words in typed(path)}
    assert programs <= {"make", "naru", "curl"}


def test_make_targets_exist() -> None:
    """Every `make target`, in a block or in the text, is a target of the Makefile."""
    named_ones = {match for path in DOCS for match in re.findall(r"`make ([a-z-]+)`", path.read_text(encoding="utf-8"))}
    named_ones |= {word for words in commands("make") for word in words[1:]}
    assert {"demo", "test", "up", "check"} <= named_ones <= make_targets()


def test_naru_commands_exist() -> None:
    """Every `naru command` in the text is a command."""
    spans = [code for path in DOCS for code in CODE.findall(path.read_text(encoding="utf-8"))]
    found = {match[1] for code in spans if (match := re.match(r"naru ([a-z]+)", code))}
    assert found - naru_commands() == set()


@pytest.mark.parametrize("words", commands("naru"), ids=" ".join)
def test_naru_commands_run(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the documents type to `naru` is help, or cheap enough to be run: it ends with 0."""
    monkeypatch.chdir(ROOT)
    assert words[-1] == "--help" or words[1] in CHEAP
    assert CliRunner().invoke(app, words[1:]).exit_code == 0


async def test_curl_lines_work(tmp_path: Path) -> None:
    """The orders that docs/mocks.md sends to the control API are understood; cases that do not exist are named so."""
    settings = {"*": {"certificates": str(make_certificates(tmp_path / "certificates").folder)}}
    sent = 0
    async with MockServer(installed_mocks(), settings) as mocks, httpx.AsyncClient() as http:
        for words in commands("curl"):
            url = next(word for word in words if word.startswith("http")).replace(
                "http://127.0.0.1:8800", mocks.base_url
            )
            answer = await http.request(words[words.index("-X") + 1], url, content=words[words.index("-d") + 1])
            wanted = UNKNOWN_CASE if url.endswith("/advance") else httpx.codes.OK
            assert (answer.status_code, url) == (wanted, url)
            assert "no such case" in answer.text or "no case" in answer.text or wanted == httpx.codes.OK
            sent += 1
    assert sent >= 5


@pytest.mark.parametrize("path", DOCS, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link of a document names something that is there."""
    targets = [target for target in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", [ROOT / "docs/architecture.md", ROOT / "README.md", ROOT / "README.ko.md"], ids=named)
def test_named_paths_exist(path: Path) -> None:
    """A path in backticks that begins with one of our folders is there."""
    roots = ("adapters/", "hub/", "mocks/", "schemas/", "tests/", "examples/", "docs/")
    spans = CODE.findall(path.read_text(encoding="utf-8"))
    paths = [code for code in spans if code.startswith(roots) and "<" not in code and " " not in code]
    assert [code for code in paths if not (ROOT / code).exists()] == []
