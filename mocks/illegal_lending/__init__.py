"""The mock 불법사금융 피해구제 / 채무자대리인: forms in EUC-KR, replies in XML. Assumed contract; see README.md."""

from mocks.illegal_lending.mock import IllegalLendingMock

__all__ = ["IllegalLendingMock"]
