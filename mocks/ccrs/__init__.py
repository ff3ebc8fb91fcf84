"""The mock 신용회복위원회: mTLS, tokens, and applications judged by their debts. Assumed contract; see README.md."""

from mocks.ccrs.mock import CcrsMock

__all__ = ["CcrsMock"]
