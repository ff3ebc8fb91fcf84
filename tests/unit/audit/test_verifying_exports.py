"""Exports: whatever is changed, removed, inserted, moved or cut off in one is found, offline."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from trail import NOW, Trail, kinds

from hub.audit.chain import BEGINNING, Link, canonical, digest_of
from hub.audit.checkpoints import CheckpointFile, read_checkpoints
from hub.audit.entries import Action
from hub.audit.exporting import Head, NoExportError, Period, verify_export
from hub.audit.signing import PublicKeys, SigningKey
from hub.audit.verifying import Report

ENTRIES = 12
VOUCHED = 8
"""The last place that a checkpoint tells of; the others rest on the chain and on the export's own signature."""


@dataclass(frozen=True)
class Exported:
    """A real export: its first line, its entries' lines, and what vouches for it."""

    head: str
    lines: tuple[str, ...]
    files: list[CheckpointFile]
    keys: PublicKeys

    def verify(self, lines: list[str], head: str | None = None) -> Report:
        """Verify it with other lines."""
        return verify_export([head or self.head, *lines], self.files, self.keys)


@pytest.fixture(scope="module")
def exported() -> Iterator[Exported]:
    """Twelve entries of all kinds; the checkpoints tell of four and of eight."""
    with tempfile.TemporaryDirectory() as folder:
        trail = Trail(f"sqlite:///{folder}/naru.db", Path(folder))
        for number in range(1, ENTRIES + 1):
            action = list(Action)[number]
            paths = {"fields": ["client.name", "client.phones"], "bases": {"client.name": [f"cns_{number}"]}}
            trail.write(1, action=action, client_id=f"cli_{number % 3}", origin="10.0.0.7", data=paths)
            trail.seal()
            if number in {4, VOUCHED}:
                asyncio.run(trail.checkpoint())
        head, *lines = trail.export()
        yield Exported(head, tuple(lines), read_checkpoints(trail.settings.folder), trail.keys)
        trail.close()


def test_an_export_as_it_was_written_is_intact(exported: Exported) -> None:
    """Nothing is found, and it is said how far checkpoints vouch."""
    report = exported.verify(list(exported.lines))
    assert (report.findings, report.count, report.covered_to, report.checkpoints) == ([], ENTRIES, VOUCHED, 2)


@given(data=st.data())
def test_any_changed_character_is_found(exported: Exported, data: st.DataObject) -> None:
    """Of any entry, also of its digests and of its spelling."""
    lines = list(exported.lines)
    which = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(lines[which]) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda one: one not in {lines[which][place], "\n"}))
    lines[which] = lines[which][:place] + other + lines[which][place + 1 :]
    report = exported.verify(lines)
    assert not report.is_intact
    assert any(f"place {which + 1}" in finding.where for finding in report.findings) or kinds(report) & {"out_of_order"}


@given(data=st.data())
def test_any_changed_value_is_found(exported: Exported, data: st.DataObject) -> None:
    """Of any field, also when the line is written in the one way again."""
    lines = list(exported.lines)
    which = data.draw(st.integers(0, len(lines) - 1))
    said = json.loads(lines[which])
    field = data.draw(st.sampled_from(sorted(said)))
    value = data.draw(st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just({}))
    if canonical({"v": value}) == canonical({"v": said[field]}):
        return
    lines[which] = canonical(said | {field: value}).decode()
    assert not exported.verify(lines).is_intact


@given(data=st.data())
def test_any_removed_entries_are_found(exported: Exported, data: st.DataObject) -> None:
    """Wherever they stood: at the beginning, in the middle, at the end."""
    lines = list(exported.lines)
    begin = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(begin + 1, len(lines)))
    report = exported.verify(lines[:begin] + lines[end:])
    assert kinds(report) & {"missing", "cut"}


@given(data=st.data())
def test_any_inserted_entry_is_found(exported: Exported, data: st.DataObject) -> None:
    """A copy of another, or one that was made up with a right digest for the place where it stands."""
    lines = list(exported.lines)
    which, model = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    inserted = lines[model]
    if data.draw(st.booleans()):
        before, copied = Link.read(lines[which]), Link.read(inserted)
        assert before is not None
        assert copied is not None
        made_up = replace(copied.entry, id=99)
        digest = digest_of(before.sequence, made_up, before.previous or BEGINNING)
        inserted = Link(before.sequence, made_up, digest, before.previous).line
    lines.insert(which, inserted)
    assert not exported.verify(lines).is_intact


@given(order=st.permutations(range(ENTRIES)))
def test_any_other_order_is_found(exported: Exported, order: list[int]) -> None:
    """Only the one in which they were sealed is intact."""
    report = exported.verify([exported.lines[number] for number in order])
    assert report.is_intact == (order == sorted(order))


@given(which=st.integers(1, ENTRIES), again=st.booleans())
def test_a_chain_that_was_rewritten_from_a_place_on_is_found(exported: Exported, which: int, again: bool) -> None:
    """Every digest is right again; the checkpoint and the signature of the first line know better."""
    lines = rewritten(exported.lines, which)
    assert not exported.verify(lines).is_intact
    report = exported.verify(lines, signed_anew(exported.head, lines, SigningKey(other_key()))) if again else None
    assert report is None or "unknown_key" in kinds(report)
    assert report is None or ("differs_from_checkpoint" in kinds(report)) == (which <= VOUCHED)


@given(place=st.integers(0, 10_000), other=st.sampled_from("0123456789abcdef"))
def test_any_change_of_the_first_line_is_found(exported: Exported, place: int, other: str) -> None:
    """It is signed; one that is no first line at all is refused."""
    at = place % len(exported.head)
    head = exported.head[:at] + other + exported.head[at + 1 :]
    if head == exported.head:
        return
    with contextlib.suppress(NoExportError):
        assert not exported.verify(list(exported.lines), head).is_intact


def test_another_spelling_of_the_same_signature_is_found(exported: Exported) -> None:
    """Base64 ends with bits that say nothing: only one way of writing them is the signature."""
    signature = json.loads(exported.head)["signature"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    respelt = f"{signature[:-3]}{alphabet[alphabet.index(signature[-3]) ^ 1]}=="
    head = exported.head.replace(signature, respelt)
    assert kinds(exported.verify(list(exported.lines), head)) == {"bad_signature"}


def test_the_signature_of_another_key_is_not_ours(exported: Exported) -> None:
    """Under the name of ours it is a bad one; under its own, of a key that nobody gave."""
    lines, key = list(exported.lines), SigningKey(other_key())
    own = signed_anew(exported.head, lines, key)
    assert kinds(exported.verify(lines, own)) == {"unknown_key"}
    ours = canonical(json.loads(own) | {"key_id": exported.keys.ids[0]}).decode()
    assert kinds(exported.verify(lines, ours)) == {"bad_signature"}


def test_what_is_no_export_is_refused(exported: Exported) -> None:
    """Nothing, an entry's line, another document."""
    for head in ("", exported.lines[0], "{}", "[]", "naru"):
        with pytest.raises(NoExportError):
            verify_export([head], exported.files, exported.keys)


def test_a_period_is_exported_without_gaps_and_verified_alone(trail: Trail) -> None:
    """It begins in the middle of the chain, and the chain before it need not be there."""
    trail.write(10)
    trail.seal()
    asyncio.run(trail.checkpoint())
    lines = trail.export(Period(NOW + timedelta(seconds=3), NOW + timedelta(seconds=6)))
    report = trail.verify_export(lines)
    assert (report.findings, report.first, report.last, report.count) == ([], 4, 6, 3)
    assert kinds(trail.verify_export(lines[:-1])) == {"cut"}
    assert kinds(trail.verify_export([lines[0], *lines[2:]])) == {"missing"}
    empty = trail.export(Period(begin=NOW + timedelta(days=1)))
    assert (trail.verify_export(empty).findings, len(empty)) == ([], 1)


def test_checkpoints_of_after_the_export_say_nothing_of_it(trail: Trail) -> None:
    """The chain went on; an export of yesterday is not cut by today."""
    exports = []
    for _ in range(2):
        trail.write(3)
        trail.seal()
        asyncio.run(trail.checkpoint())
        exports.append(trail.export())
    report = trail.verify_export(exports[0])
    assert (report.findings, report.covered_to, len(report.notes)) == ([], 3, 1)


def rewritten(lines: tuple[str, ...], place: int) -> list[str]:
    """Return the chain as somebody without the key rewrites it: another entry at a place, and right digests after."""
    links = [link for line in lines if (link := Link.read(line)) is not None]
    links[place - 1] = replace(links[place - 1], entry=replace(links[place - 1].entry, client_id="cli_other"))
    previous, made = BEGINNING, []
    for link in links:
        digest = digest_of(link.sequence, link.entry, previous)
        made.append(Link(link.sequence, link.entry, digest, previous).line)
        previous = digest
    return made


def signed_anew(head: str, lines: list[str], key: SigningKey) -> str:
    """Return a first line that fits these lines, signed with another key."""
    last = Link.read(lines[-1])
    assert last is not None
    unsigned = Head(**json.loads(head) | {"digest": last.digest.hex(), "key_id": key.key_id})
    return canonical(asdict(unsigned) | {"signature": key.sign(unsigned.signed)}).decode()


def other_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
