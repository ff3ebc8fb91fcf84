"""The conformance suite that ships: whoever writes an adapter runs it by naming theirs.

Needs pytest, pytest-asyncio, hypothesis.

It asks what an adapter can do by its capabilities, never by its name.
"""

from adapters.sdk.testing.batch_checks import BATCH_CHECKS
from adapters.sdk.testing.batch_subject import BatchBench, BatchSubject, batch_bench_of
from adapters.sdk.testing.checks import CHECKS
from adapters.sdk.testing.documents import full_document, marks_of, without
from adapters.sdk.testing.fault_table import ANSWERS, ROWS, Row, Says, rows_for, said_by
from adapters.sdk.testing.listeners import Agency, Listener
from adapters.sdk.testing.orders import another_birth_date
from adapters.sdk.testing.subject import Bench, ListeningBench, Subject, bench_of, live_bench_of
from adapters.sdk.testing.suite import AdapterSuite, BatchSuite

__all__ = [
    "ANSWERS", "BATCH_CHECKS", "CHECKS", "ROWS", "AdapterSuite", "Agency", "BatchBench", "BatchSubject",
    "BatchSuite", "Bench", "Listener", "ListeningBench", "Row", "Says", "Subject", "another_birth_date",
    "batch_bench_of", "bench_of", "full_document", "live_bench_of", "marks_of", "rows_for", "said_by",
    "without",
]  # fmt: skip
