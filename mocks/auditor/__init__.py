"""The auditor: counts what was lost, sent twice or sent without a basis, from papers that the hub did not write.

It reads the documents that were handed in, the client's own record of what the API answered, and the agencies' books.
It imports nothing of the hub, the adapters or the schemas: its reading of the rules is its own.
"""

from mocks.auditor.audit import Findings, Terms, audit
from mocks.auditor.books import Book, read_book
from mocks.auditor.notices import Notice, untold_centre
from mocks.auditor.promises import Promise, read_promises
from mocks.auditor.rules import Statute

__all__ = [
    "Book", "Findings", "Notice", "Promise", "Statute", "Terms", "audit", "read_book", "read_promises", "untold_centre",
]  # fmt: skip
