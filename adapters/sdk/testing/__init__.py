"""The conformance suite that ships: whoever writes an adapter runs it by naming theirs. Needs pytest, pytest-asyncio.

It asks what an adapter can do by its capabilities, never by its name.
"""

from adapters.sdk.testing.checks import CHECKS
from adapters.sdk.testing.documents import full_document, marks_of, without
from adapters.sdk.testing.subject import Bench, Listener, Subject, bench_of
from adapters.sdk.testing.suite import AdapterSuite

__all__ = ["CHECKS", "AdapterSuite", "Bench", "Listener", "Subject", "bench_of", "full_document", "marks_of", "without"]
