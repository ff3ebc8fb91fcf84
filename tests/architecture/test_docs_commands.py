"""What the READMEs and guides tell people to type is typed here, or at least exists."""

from __future__ import annotations

import asyncio
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from repository import ROOT, named, tracked
from typer.main import get_command
from typer.testing import CliRunner

from adapters.sdk.catalogue import installed_catalogues
from adapters.sdk.registry import Broken, installed_adapters
from hub.cli import app
from mocks.kit.pki import make_certificates
from mocks.kit.registry import installed_mocks
from mocks.kit.run import MockServer

DOCS = [path for path in tracked() if path.suffix == ".md"]
TYPED_HERE = [path for path in DOCS if path.name != "foreign-clients.md"]  # tests/foreign/test_foreign_docs.py types it
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
HERE = re.compile(r" <<'EOF'\n.*?^EOF$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
AGENCY_ROW = re.compile(r"^\| ([^|`]+) `([a-z_]+)`[^|]* \|", re.MULTILINE)
DOCUMENT = re.compile(r"\b(?:[a-z_]+/)+[\w-]+\.md\b")
CODE = re.compile(r"`([^`\n]+)`")
CHEAP = ("openapi", "adapters")
OF_OWN_TESTS = {
    "audit",
    "mocks",
    "serve",
    "check",
    "centres",
    "operators",
    "proof",
    "store",
    "migrate",
    "keys",
    "purge",
}
MOCKS_MD = ROOT / "docs/mocks.md"


def blocks(path: Path) -> list[str]:
    """Return a document's `sh` blocks."""
    return FENCE.findall(path.read_text(encoding="utf-8"))


def typed(path: Path) -> Iterator[list[str]]:
    """Yield the commands of a document's `sh` blocks, as words; what is pasted to another program is not looked at."""
    for block in blocks(path):
        lexer = shlex.shlex(HERE.sub("", block).replace("\\\n", " ").replace("\n", " \n "), posix=True)
        lexer.whitespace, lexer.whitespace_split = " ", True
        line: list[str] = []
        for word in [*lexer, "\n"]:
            if word != "\n":
                line.append(word)
            elif line:
                yield line
                line = []


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
    return set(group.list_commands(None))  # type: ignore[attr-defined]  # click's group behind typer


def test_documents_type_only_what_is_tested_here() -> None:
    """A new kind of command in a document needs a test of its own."""
    programs = {words[0] for path in TYPED_HERE for words in typed(path)}
    assert programs <= {"make", "naru", "curl", "export", ".venv/bin/python"}


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
    """What the documents type to `naru` is help, or cheap enough to be run, or tested elsewhere: it ends with 0."""
    monkeypatch.chdir(ROOT)
    if words[1] in OF_OWN_TESTS:
        assert [word for word in words if word.endswith(".toml") and not Path(word).exists()] == []
        words = [*words[:2], "--help"]
    assert words[-1] == "--help" or words[1] in CHEAP
    assert CliRunner().invoke(app, words[1:]).exit_code == 0


@pytest.mark.slow
async def test_mocks_md_can_be_pasted(tmp_path: Path) -> None:
    """Pasted against mocks that were started as docs/mocks.md says, every block does what is said of it."""
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    (haengbok,) = tomllib.loads((ROOT / "examples/mocks-unsigned.toml").read_text("utf-8")).values()
    certificates = str(make_certificates(tmp_path / "certificates").folder)
    settings = {"*": {"certificates": certificates}, "haengbok": {"unsigned": str(haengbok["unsigned"]).lower()}}
    answers = []
    async with MockServer(installed_mocks(), settings) as mocks:
        for block in blocks(MOCKS_MD):
            if re.search(r"^naru ", block, re.MULTILINE):
                continue
            script = block.replace("http://127.0.0.1:8800", mocks.base_url).replace(".venv/bin/python", sys.executable)
            script = script.replace("var/mocks/certificates", certificates)
            answers.append(await pasted(script))
        acts = [len(mocks.counters[slug].desk.ledger.acts) for slug in mocks.counters]
    rest, soap, telegram, orders = (re.sub(r"\s", "", answer) for answer in answers)
    assert ('"resultCode":"0000"' in rest, "'rcptNo':'HB" in soap) == (True, True)
    assert (telegram[:17], telegram[-4:]) == ("012008102NARU0001", "0000")
    assert ("error" in orders, '"office":"3980000"' in orders, '"state":"closed"' in orders) == (False, True, True), (
        orders
    )
    assert set(acts) == {0}


async def pasted(script: str) -> str:
    """Run a block as somebody's shell would, from the root; it must end with 0."""
    shell = await asyncio.create_subprocess_exec(
        "sh", "-euc", script, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await shell.communicate()
    assert shell.returncode == 0, said.decode()
    return said.decode()


def test_a_hub_of_ones_own_is_configured_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of docs/mocks.md leave `naru check` nothing to complain about; both sides share the secret."""
    monkeypatch.chdir(tmp_path)
    make_certificates(tmp_path / "var/mocks/certificates")
    exports = {
        name: value.replace("$PWD", str(tmp_path))
        for name, value in (words[1].split("=", 1) for words in typed(MOCKS_MD) if words[0] == "export")
    }
    checked = CliRunner().invoke(app, ["check", "--config", str(ROOT / "config.toml")], env=exports)
    assert checked.stdout.endswith("no problems\n"), checked.stdout
    slugs = [*installed_adapters(), *installed_catalogues()]
    assert [slug for slug in slugs if f"{slug}: active" not in checked.stdout] == []
    for slug, told in tomllib.loads((ROOT / "examples/mocks-own-hub.toml").read_text("utf-8")).items():
        ours = {
            name: exports.get(f"NARU_ADAPTERS__{slug}__{name}".upper(), "") for name in ("callback_secret", "base_url")
        }
        assert (told.get("callback_secret", ""), True) == (
            ours["callback_secret"],
            told.get("port", "") in ours["base_url"] and told.get("folder", "") in ours["base_url"],
        )


@pytest.mark.parametrize("path", DOCS, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link of a document names something that is there."""
    targets = [target for target in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "README.ko.md"], ids=named)
def test_readme_lists_what_is_installed(path: Path) -> None:
    """The table of a README has every installed adapter under its title, every catalogue, and nothing else."""
    rows = dict(AGENCY_ROW.findall(path.read_text(encoding="utf-8")))
    adapters = {slug: one for slug, one in installed_adapters().items() if not isinstance(one, Broken)}
    titles = {slug: one.profile.title.partition("(")[0] for slug, one in adapters.items()}
    assert {slug: title for title, slug in rows.items()} == titles | dict.fromkeys(installed_catalogues(), "복지로")


@pytest.mark.parametrize("path", [path for path in tracked() if path.suffix == ".toml"], ids=named)
def test_configuration_names_documents_that_exist(path: Path) -> None:
    """A document that a comment of a TOML file names is there."""
    comments = [line.partition("#")[2] for line in path.read_text(encoding="utf-8").splitlines()]
    assert [name for name in DOCUMENT.findall("\n".join(comments)) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", [ROOT / "docs/architecture.md", ROOT / "README.md", ROOT / "README.ko.md"], ids=named)
def test_named_paths_exist(path: Path) -> None:
    """A path in backticks that begins with one of our folders is there."""
    roots = ("adapters/", "hub/", "mocks/", "schemas/", "tests/", "examples/", "docs/")
    spans = CODE.findall(path.read_text(encoding="utf-8"))
    paths = [code for code in spans if code.startswith(roots) and "<" not in code and " " not in code]
    assert [code for code in paths if not (ROOT / code).exists()] == []
