"""Whether a database failed, or what was asked of it: a full disk passes, a defect does not."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, OperationalError

_PASSING = frozenset({"25006", "25P03"})
"""read_only_sql_transaction, idle_in_transaction_session_timeout: not operational errors to PostgreSQL's driver."""
_BROKEN_FILE = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})


def failure_of(error: BaseException) -> str | None:
    """Return what ails the database, by its own code (SQLITE_FULL, 53100, …); None if the error is of another kind.

    Whether the transaction was committed may be unknown when the connection was lost.
    """
    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or "connection_lost"
    known = isinstance(error, OperationalError)
    return str(code) if known or code in _PASSING or code in _BROKEN_FILE else None
