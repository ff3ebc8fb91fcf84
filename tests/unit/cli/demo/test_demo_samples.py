from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.cli.demo.samples import SampleError, read_samples
from schemas.case import CaseDocument
from schemas.identifiers import rrn_checksum_holds

CASES = Path(__file__).parents[4] / "examples" / "cases"
SAMPLES = read_samples(CASES)


def spoilt(folder: Path, name: str, spoil: Callable[[dict[str, Any]], None]) -> Path:
    """Copy one case to `folder` with one of its files changed."""
    for path in CASES.glob("moved-house.*json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        if path.name == name:
            spoil(content)
        (folder / path.name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_there_are_enough_samples() -> None:
    """The demo's cases cover every way that a referral can go wrong, and more."""
    assert len(SAMPLES) >= 8


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_samples_are_valid_documents(sample: Any) -> None:
    """Each sample is a document that the API takes."""
    document = CaseDocument.model_validate_json(json.dumps(sample.document))
    assert {referral.service_code for referral in document.referrals} == set(sample.expected)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_sample_people_are_obviously_fake(sample: Any) -> None:
    """No sample could be about somebody: names, phones and RRNs as examples/cases/README.md promises."""
    client = sample.document["client"]
    assert client["name"] == "홍길동" or client["name"].endswith("나루")
    assert all(phone.startswith("010-0000-") for phone in client["phones"])
    rrn = client.get("rrn", "6802091000000")
    assert rrn.endswith("000000")
    assert not rrn_checksum_holds(rrn)
    assert client["birth_date"] < "2020-10"


def test_samples_name_different_people() -> None:
    """Two samples about one person would be held as possible duplicates."""
    people = {(s.document["client"]["name"], s.document["client"]["birth_date"]) for s in SAMPLES}
    assert len(people) == len(SAMPLES)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """Without samples there is nothing to show: the error says where to start."""
    with pytest.raises(SampleError, match=r"no sample cases in .*--examples"):
        read_samples(tmp_path)


@pytest.mark.parametrize(
    ("name", "spoil", "told"),
    [
        ("moved-house.steps.json", lambda c: c["steps"].append({"do": "dance"}), "no such step: dance"),
        ("moved-house.steps.json", lambda c: c.pop("about"), "a part is missing"),
        ("moved-house.steps.json", lambda c: c["steps"].append({}), "a part is missing"),
        ("moved-house.expect.json", lambda c: c["referrals"].clear(), "every referral of the document needs its end"),
        ("moved-house.expect.json", lambda c: c["referrals"]["WEL-EMERG"].update(colour="red"), "unknown: colour"),
        ("moved-house.expect.json", lambda c: c["referrals"]["WEL-EMERG"].pop("delivery"), "needs delivery"),
    ],
)
def test_a_spoilt_sample_is_refused(tmp_path: Path, name: str, spoil: Callable[[Any], None], told: str) -> None:
    """What the demo would not understand it does not begin with."""
    with pytest.raises(SampleError, match=told):
        read_samples(spoilt(tmp_path, name, spoil))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A case needs its three files."""
    folder = spoilt(tmp_path, "", lambda _: None)
    (folder / "moved-house.expect.json").unlink()
    with pytest.raises(SampleError, match=r"moved-house\.expect\.json"):
        read_samples(folder)
