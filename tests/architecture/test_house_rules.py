"""House law that no linter knows. Each test says the rule; a breach is named by file and line."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from repository import PACKAGES, ROOT, functions, modules, named, parsed, tracked

house = sys.modules[__name__]
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
REGISTRIES = tuple(".".join(parts) for parts in (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"), ("crates", "io"),
    ("anaconda", "org"), ("rubygems", "org"), ("docker", "io"),
))  # fmt: skip
ADAPTER_FILES = {"__init__.py", "adapter.py", "mapping.py", "codes.py", "settings.py", "README.md"}
ADAPTER_EXTRAS = {
    "callback.py", "contract.py", "envelope.py", "faults.toml", "files.py", "form.py", "pages.py", "replies.py",
    "telegrams.py",
}  # fmt: skip
CONTRACT_FILES = {"README.md", "codes.json"}
KINDS_OF_CHANGE = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_no_module_is_called_after_nothing() -> None:
    """A name such as utils or helpers says that nobody knew what the module is for."""
    parts = {part for path in tracked() for part in path.relative_to(ROOT).with_suffix("").parts}
    assert parts & EMPTY_NAMES == set()


def test_files_are_short() -> None:
    """A file of more than 400 lines is two rooms."""
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*PACKAGES, "tests")}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    """A function of more than 50 lines does two things. A migration is a list of statements, never touched again."""
    lengths = {
        f"{named(path)}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in modules(*PACKAGES, "tests")
        if "migrations" not in path.parts
        for function in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_every_module_says_what_lives_in_it() -> None:
    """A newcomer reads the first line of a file, and knows whether to read on; tests are read by their names."""
    silent = [named(path) for path in modules(*PACKAGES) if ast.get_docstring(parsed(path)) is None]
    assert silent == []


def test_every_test_says_what_must_hold() -> None:
    """A test without a sentence cannot be judged when it fails."""
    silent = [
        f"{named(path)}:{function.lineno} {function.name}"
        for path in modules("tests")
        for function in functions(path)
        if function.name.startswith("test_") and ast.get_docstring(function) is None
    ]
    assert silent == []


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the machine's business; a lock file with hosts would pin somebody's mirror."""
    found = [
        f"{named(path)}: {host}"
        for path in tracked()
        if path.suffix not in {".png", ".ico", ".woff2"}
        for host in REGISTRIES
        if host in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert found == []


def test_exceptions_end_in_error() -> None:
    """What is raised is called an error, so that a reader of an except clause knows it."""
    wrong = [
        f"{named(path)}:{node.lineno} {node.name}"
        for path in modules(*PACKAGES)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and {ast.unparse(base) for base in node.bases} & {"Exception", "ValueError"}
        if not node.name.endswith("Error")
    ]
    assert wrong == []


def test_adapters_have_the_same_files() -> None:
    """Who knows one adapter finds the way in each: the same names for the same things, and a contract to each."""
    slugs = {
        path.parent.name for path in tracked() if path.name == "adapter.py" and path.parent.parent.name == "adapters"
    }
    slugs -= {"sdk"}
    missing = {f"adapters/{slug}/{name}" for slug in slugs for name in ADAPTER_FILES}
    missing |= {f"schemas/agencies/{slug}/{name}" for slug in slugs for name in CONTRACT_FILES}
    missing |= {f"mocks/{slug}/{name}" for slug in slugs for name in ("README.md", "fields.json", "required.json")}
    assert missing - {named(path) for path in tracked()} == set()
    assert len(slugs) >= 2


def test_what_some_adapters_have_beside_is_called_the_same() -> None:
    """What more a wire needs has one name in all folders: replies are `replies.py`, never `reply.py`."""
    folders = {path.parent for path in tracked() if path.name == "adapter.py" and path.parent.parent.name == "adapters"}
    folders -= {ROOT / "adapters" / "sdk"}
    found = {path.name for path in tracked() if path.parent in folders}
    assert found - ADAPTER_FILES <= ADAPTER_EXTRAS


def test_the_changelog_keeps_its_format() -> None:
    """Keep a Changelog: versions newest first, known kinds of change, entries about an agency begin with its slug."""
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    versions = [line for line in lines if line.startswith("## ")]
    assert (lines[0], versions[0]) == ("# Changelog", "## [Unreleased]")
    assert all(re.fullmatch(r"## \[(Unreleased|\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d)\]?", line) for line in versions)
    assert {line.removeprefix("### ") for line in lines if line.startswith("### ")} <= KINDS_OF_CHANGE
    slugs = "|".join(path.parent.name for path in tracked() if path.name == "adapter.py")
    about_one = [line for line in lines if re.match(rf"- .{{0,2}}\b({slugs})\b", line)]
    assert [line for line in about_one if not re.match(rf"- \*\*({slugs})\*\*: ", line)] == []


def test_decision_records_are_numbered_without_gaps() -> None:
    """A decision is quoted by its number, which no other has."""
    numbers = [int(path.name[:4]) for path in tracked() if path.parent == ROOT / "docs" / "decisions"]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_nothing_refers_to_what_nobody_outside_has() -> None:
    """Notes of the builders are not part of the project: name the law, the contract, or a document that is here."""
    private = re.compile(r"\b(domain|design|style)(\.md| §)|\bfindings(\.md| §)|\b(the|our) findings\b")
    found = [
        f"{named(path)}:{number}"
        for path in tracked()
        if path.suffix in {".py", ".md", ".json", ".toml", ".xsd", ".wsdl"} and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if private.search(line)
    ]
    assert found == []


def test_nobody_turns_the_checking_of_certificates_off() -> None:
    """A line whose other end is not known is no encrypted line, in no mode: not with a keyword, not with a context."""
    off = re.compile(
        r"verify(_ssl|_tls)?\s*=\s*(False|0|None)\b|CERT_(NONE|OPTIONAL)|check_hostname\s*=\s*(False|0)\b"
        r"|_create_unverified|_create_stdlib_context|ssl\s*=\s*False|SSLContext\(\s*\)|PROTOCOL_TLS\b|--insecure"
        r"|curl .*(-k|--insecure)\b|PYTHONHTTPSVERIFY|sslmode=(disable|allow|prefer)"
    )
    found = [
        f"{named(path)}:{number}"
        for path in tracked()
        if path.relative_to(ROOT).parts[0] != "tests" and path.suffix in {".py", ".toml", ".md", ".sh", ""}
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if off.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "httpx.AsyncClient(verify=False)",
        "context.verify_mode = ssl.CERT_NONE",
        "context.check_hostname = False",
        "ssl._create_unverified_context()",
        "asyncio.open_connection(host, port, ssl=False)",
    ],
)
def test_the_rule_about_certificates_would_find(line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each of the ways to turn it off is found."""
    (tmp_path / "hub").mkdir()
    planted = tmp_path / "hub" / "wire.py"
    planted.write_text(f"{line}\n", encoding="utf-8")
    monkeypatch.setattr(house, "tracked", lambda: (planted,))
    monkeypatch.setattr(house, "ROOT", tmp_path)
    monkeypatch.setattr(house, "named", str)
    with pytest.raises(AssertionError):
        test_nobody_turns_the_checking_of_certificates_off()
