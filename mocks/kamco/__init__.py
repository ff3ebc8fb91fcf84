"""The mock 한국자산관리공사: batch files in drop folders, by the business clock. Assumed contract; see README.md."""

from mocks.kamco.mock import KamcoMock

__all__ = ["KamcoMock"]
