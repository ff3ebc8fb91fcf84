"""What an agency was sent after its 보완요청 is counted too: owned, unchanged, consented, once, and there."""

from __future__ import annotations

import pytest
from auditor_papers import RECEIPT, Papers, counts

from mocks.auditor.audit import Findings

WORDS = "화재증명원을 제출함"
AT = "2025-03-05T02:00:00+00:00"


def supplemented(papers: Papers, *, words: str = WORDS, at: str = AT, key: str = "", receipt: str = RECEIPT) -> None:
    """Let the agency take a supplement, under a key of its own or the referral's."""
    said = {"refRqstNo": key or "NR202503040000000001", "splmCn": words}
    papers.visit("supplement", said, at, accepted=True)
    papers.act("supplement", said, at, receipt)


def handed_in(papers: Papers, **final: str | None) -> Papers:
    """Register the referral, and let the client hand a supplement in; `final`: what it heard last."""
    papers.register()
    papers.entry["supplements"] = [{"referral": "ref_1", "content": {"opinion": WORDS}}]
    papers.final.update(business="reviewing", reason=None, **final) if not final else papers.final.update(final)
    return papers


def whats(findings: Findings) -> list[str]:
    """Return everything that was found, in words."""
    found = (*findings.lost, *findings.duplicates, *findings.unconsented, *findings.altered)
    return [one.what for one in found]


@pytest.mark.parametrize("key", ["", "NR202503050000000009"])
def test_a_supplement_belongs_to_its_referral(key: str) -> None:
    """Whatever key an agency writes it down under, its receipt names the case; all is well."""
    papers = handed_in(Papers())
    supplemented(papers, key=key)
    assert (counts(papers.count()), papers.count().is_clean) == ((0, 0, 0, 0), True)


def test_a_second_one_is_a_duplicate() -> None:
    """One was handed in, and two were taken."""
    papers = handed_in(Papers())
    supplemented(papers)
    supplemented(papers)
    assert whats(papers.count()) == ["supplemented once more than was handed in"]


def test_words_that_nobody_handed_in_are_altered() -> None:
    """The referral's own words, or others, are not what the client handed in."""
    papers = handed_in(Papers())
    supplemented(papers, words="생계비 지원이 필요함")
    assert whats(papers.count()) == ["splmCn arrived changed"]


def test_one_that_is_there_and_said_to_be_refused_is_altered() -> None:
    """Told twice, the second one refused: the client heard the second answer, and believes that nothing is there."""
    papers = handed_in(Papers(), business="investigating", reason="supplement_refused")
    supplemented(papers)
    assert whats(papers.count()) == ["the agency has the supplement, the client heard that it refused it"]


def test_after_the_withdrawal_it_has_no_basis() -> None:
    """What is told after the client took the consent back is unconsented, unless it was said to be in flight."""
    for in_flight, count in (((), 1), (("ref_1",), 0)):
        papers = handed_in(Papers())
        papers.withdraw("2025-03-04T03:00:00+00:00", in_flight=in_flight)
        supplemented(papers)
        papers.act("withdraw", {"refRqstNo": "NR202503040000000001"}, AT, RECEIPT)
        assert len(papers.count().unconsented) == count


@pytest.mark.parametrize("reason", [None, "supplement_on_its_way", "supplement_acknowledged"])
def test_one_that_is_said_to_be_there_and_is_not_is_lost(reason: str | None) -> None:
    """The agency still waits for it, and the client does not know."""
    papers = handed_in(Papers(), business="supplement_requested", reason=reason)
    assert whats(papers.count()) == ["a supplement that was handed in never came"]


def test_one_that_waits_for_a_person_is_not_lost() -> None:
    """The client heard that somebody must act."""
    papers = handed_in(Papers(), business="supplement_requested", reason="supplement_withheld")
    assert papers.count().is_clean


def test_one_that_nobody_handed_in_is_a_duplicate() -> None:
    """An agency was told more than the client ever said."""
    papers = Papers()
    papers.register()
    supplemented(papers)
    assert "supplemented once more than was handed in" in whats(papers.count())
