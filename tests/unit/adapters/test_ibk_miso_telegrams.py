"""What the ibk_miso adapter does not believe: answers to something else, against the layout, or of a broken agency."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibk_miso_samples import KEY, TRACE, Bank, golden

from adapters.ibk_miso.settings import IbkMisoSettings
from adapters.sdk import AdapterError, BadReplyError, Delivered, MisconfiguredError, UncertainError
from mocks.kit.pki import Certificates

Verb = Callable[[Bank], Awaitable[object]]
VERBS: dict[str, Verb] = {
    "register": lambda bank: bank.adapter.submit(bank.submit()),
    "inquire": lambda bank: bank.adapter.find(bank.find()),
    "status": lambda bank: bank.adapter.status(bank.status()),
    "cancel": lambda bank: bank.adapter.withdraw(bank.withdraw()),
    "capacity": lambda bank: bank.adapter.precheck(bank.precheck()),
}


def answer_to(verb: str) -> bytes:
    return golden("inquire.reply" if verb == "status" else f"{verb}.reply")


def with_length(telegram: bytes) -> bytes:
    return f"{len(telegram):04d}".encode() + telegram


def put(telegram: bytes, start: int, value: bytes) -> bytes:
    """Change bytes behind the prefix, at an offset of the common part."""
    start += 4
    return telegram[:start] + value + telegram[start + len(value) :]


SOMEBODY_ELSES: dict[str, tuple[int, bytes]] = {
    "MSG_NO": (0, b"0610"),
    "a request": (0, b"0200"),
    "TX_TP": (4, b"1"),
    "ORG_CD": (5, b"NARU0002"),
    "TX_UNQ_NO": (13, b"NR20250106ZZZZZZZZZZ"),
    "TRC_NO": (33, b"f" * 32),
}


@pytest.mark.parametrize(("start", "value"), SOMEBODY_ELSES.values(), ids=SOMEBODY_ELSES)
@pytest.mark.parametrize("verb", VERBS)
async def test_an_answer_to_something_else_proves_nothing(verb: str, start: int, value: bytes) -> None:
    """It repeats another telegram number, key, institution or trace number: somebody else's, or an old one."""
    with pytest.raises(BadReplyError):
        await VERBS[verb](Bank(put(answer_to(verb), start, value)))


@pytest.mark.parametrize("verb", VERBS)
async def test_another_operations_answer_proves_nothing(verb: str) -> None:
    """Whole and well formed, with our key and trace, but not what was asked."""
    for other in VERBS.keys() - {verb, "status" if verb == "inquire" else "inquire"}:
        swapped = answer_to(other).replace(b"0123456789abcdef0123\x30", KEY.encode() + b"\x30")
        with pytest.raises(BadReplyError):
            await VERBS[verb](Bank(swapped))


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("code", ["    ", "0001", "0303", "0404", "0505", "0707"])
async def test_a_code_that_cannot_answer_this_proves_nothing(verb: str, code: str) -> None:
    """A code that the contract does not give to this operation, or data behind one that has none."""
    with_data = put(answer_to(verb), 79, code.encode())
    if (verb, code) == ("register", "0707"):
        assert isinstance(await VERBS[verb](Bank(with_data)), Delivered)
        return
    with pytest.raises(BadReplyError):
        await VERBS[verb](Bank(with_data))


@pytest.mark.parametrize("verb", VERBS)
async def test_a_broken_agency_proves_nothing(verb: str) -> None:
    """9999, and 0101 because this very telegram came before: what was done is not known, and no more than that."""
    head = answer_to(verb)[4:124]
    for start, value in ((79, b"9999"), (79, b"0101TRC_NO")):
        with pytest.raises(UncertainError) as broken:
            await VERBS[verb](Bank(put(with_length(head), start, value)))
        assert type(broken.value) is UncertainError


@pytest.mark.parametrize("verb", ["inquire", "status", "cancel", "capacity"])
async def test_a_malformed_telegram_of_ours_calls_a_person(verb: str) -> None:
    """0101 to what holds nothing of the document: no try will help."""
    with pytest.raises(MisconfiguredError):
        await VERBS[verb](Bank(put(with_length(answer_to(verb)[4:124]), 79, b"0101SEND_DT")))


@pytest.mark.parametrize("verb", VERBS)
async def test_half_an_answer_is_none(verb: str) -> None:
    """Cut anywhere, or with something behind it: as if there were none."""
    whole = answer_to(verb)[4:]
    for wrong in (b"", whole[:119], whole[:121], whole[:-1], whole + b" "):
        with pytest.raises(BadReplyError):
            await VERBS[verb](Bank(with_length(wrong)))


async def test_another_count_of_rows_proves_nothing() -> None:
    """ST_CNT says how many follow; one that is missing might be the one that matters."""
    whole = golden("inquire.reply")[4:]
    with pytest.raises(BadReplyError, match="ST_CNT"):
        await VERBS["inquire"](Bank(with_length(whole[:-240])))


async def test_another_receipt_proves_nothing() -> None:
    """A poll or a withdrawal of one receipt is not answered by another's; what was delivered is registered."""
    bank = Bank(golden("inquire.reply"))
    with pytest.raises(BadReplyError, match="RCPT_NO"):
        await bank.adapter.status(bank.status("MS20250106000002"))
    bank.answer = golden("cancel.reply")
    with pytest.raises(BadReplyError, match="RCPT_NO"):
        await bank.adapter.withdraw(bank.withdraw("MS20250106000002"))
    bank.answer = golden("not_registered.reply")
    with pytest.raises(BadReplyError, match="not registered"):
        await bank.adapter.status(bank.status())


async def test_what_was_cancelled_must_be_so() -> None:
    """0000 with another 진행상태 is no acknowledgement; the answer to a probe has nothing behind it."""
    with pytest.raises(BadReplyError, match="PRGR_ST"):
        await VERBS["cancel"](Bank(golden("cancel.reply").replace(b"92", b"40")))

    def talkative(said: bytes) -> bytes:
        return with_length(golden("probe.reply")[4:17] + said[17:69] + golden("probe.reply")[69:] + b"x")

    bank = Bank(talkative)
    with pytest.raises(BadReplyError):
        await bank.adapter.probe(bank.impersonal())
    with pytest.raises(BadReplyError, match="SVC_CD"):
        await VERBS["capacity"](Bank(golden("capacity.reply").replace(b"MS01", b"    ")))


@given(
    verb=st.sampled_from(sorted(VERBS)),
    start=st.integers(0, 1200),
    noise=st.binary(min_size=1, max_size=40),
    end=st.integers(0, 1300),
)
async def test_any_bytes_are_an_outcome_or_an_error_of_ours(verb: str, start: int, noise: bytes, end: int) -> None:
    """Whatever is changed in an answer, nothing foreign is raised, and no part of the answer is in the text."""
    told = answer_to(verb)
    try:
        await VERBS[verb](Bank((told[:start] + noise + told[start + len(noise) :])[: end + 4]))
    except AdapterError as error:
        assert not {"의정부", TRACE, KEY} & set(str(error).split())  # noqa: PT017 - an outcome is as good


def test_the_settings_of_a_line_with_tls(certificates: Certificates) -> None:
    """Over TLS three files are needed; live mode takes nothing but TLS to another machine."""
    bare = IbkMisoSettings(enabled=True, base_url="tls://bank.example:9000")
    assert bare.missing() == ["org_code", "ca", "certificate", "key"]
    whole = IbkMisoSettings(
        enabled=True,
        base_url="tls://bank.example:9000",
        org_code="NARU0001",
        ca=certificates.ca,
        certificate=certificates.certificate("hub-client"),
        key=certificates.key("hub-client"),
    )
    plain = IbkMisoSettings(base_url="tcp://127.0.0.1:9000")
    assert (whole.missing(), whole.unfit_for_live(), whole.tls() is None) == ([], [], False)
    assert (plain.missing(), len(plain.unfit_for_live()), plain.tls()) == (["org_code"], 2, None)
