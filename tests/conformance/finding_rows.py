"""The rows of the table of what was measured before the start (SOAP over httpx), each with the tests that hold it.

A test is named as pytest names it: file, function and, in brackets, what names its case. `test_classification.py` sees
to it that every one of them exists.
"""

from __future__ import annotations

from dataclasses import dataclass

_HTTP = "tests/unit/adapters/test_sdk_http_wire.py"
_BROKEN = "tests/unit/adapters/test_sdk_http_edges.py"
_SOAP = "tests/unit/adapters/test_sdk_soap_wire.py"
_XML = "tests/unit/adapters/test_sdk_soap_edges.py"
_MEANS = f"{_SOAP}::test_what_an_answer_means"


@dataclass(frozen=True)
class FindingRow:
    """One way to break, what it means, and where that is tested."""

    happened: str
    means: str
    tests: tuple[str, ...]


FINDING_ROWS = (
    FindingRow(
        "connection refused, no such host, connecting took too long, the pool is full",
        "not sent",
        (
            f"{_HTTP}::test_a_refused_connection_sends_nothing",
            f"{_BROKEN}::test_an_unknown_host_sends_nothing",
            f"{_BROKEN}::test_a_connection_that_is_never_made_sends_nothing",
            f"{_HTTP}::test_a_full_pool_sends_nothing",
        ),
    ),
    FindingRow(
        "no answer, reset, cut short, an encoding that cannot be undone",
        "unknown",
        (
            f"{_HTTP}::test_what_breaks_after_the_first_byte_is_uncertain[no answer]",
            f"{_HTTP}::test_what_breaks_after_the_first_byte_is_uncertain[reset]",
            f"{_HTTP}::test_what_breaks_after_the_first_byte_is_uncertain[cut short]",
            f"{_HTTP}::test_what_breaks_after_the_first_byte_is_uncertain[mislabelled]",
        ),
    ),
    FindingRow(
        "a signed SOAP Fault, HTTP 500 or 200, with a Client code",
        "refused, by the agency's detail",
        (
            f"{_SOAP}::test_a_proven_fault_is_a_value[soap:Client]",
            "tests/unit/adapters/test_haengbok_mapping.py::test_refused_content_is_a_refusal",
        ),
    ),
    FindingRow(
        "a Fault with a Server code, any unsigned Fault, an error while writing",
        "unknown",
        (
            f"{_MEANS}[unsigned client fault, 500]",
            f"{_MEANS}[unsigned client fault, 200]",
            f"{_MEANS}[unsigned server fault]",
            f"{_BROKEN}::test_a_reset_while_writing_is_uncertain",
            f"{_BROKEN}::test_a_server_that_reads_nothing_is_uncertain",
        ),
    ),
    FindingRow(
        "a Fault without a code, XHTML error pages",
        "by the HTTP status, else unknown",
        (
            f"{_SOAP}::test_a_fault_without_a_code_is_the_servers",
            f"{_MEANS}[XHTML page, 200]",
            f"{_MEANS}[XHTML page, 500]",
            f"{_MEANS}[XHTML page as XML]",
        ),
    ),
    FindingRow(
        "503 or 429, empty",
        "busy only if the agency documents that nothing happened, else unknown",
        (f"{_MEANS}[503, empty]", f"{_MEANS}[429]", f"{_SOAP}::test_busy_says_how_long"),
    ),
    FindingRow(
        "200 with a maintenance page in EUC-KR, empty, truncated",
        "unknown",
        (
            f"{_MEANS}[maintenance page in EUC-KR]",
            f"{_MEANS}[maintenance page in EUC-KR as XML]",
            f"{_MEANS}[200, empty]",
            f"{_MEANS}[truncated XML]",
        ),
    ),
    FindingRow(
        "202 empty, a value that is none, another operation's element",
        "unknown",
        (
            f"{_MEANS}[202, empty]",
            f"{_MEANS}[a value that the XSD refuses]",
            f"{_MEANS}[another operation's answer]",
        ),
    ),
    FindingRow(
        "a DTD, entities",
        "unknown, and alarm",
        (f"{_MEANS}[DTD]", f"{_XML}::test_nothing_of_a_dtd_is_looked_up", f"{_XML}::test_a_dtd_in_disguise_is_refused"),
    ),
)
