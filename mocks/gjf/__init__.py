"""The mock 경기도일자리재단: job counselling, asked page by page. Assumed contract; see README.md."""

from mocks.gjf.mock import GjfMock

__all__ = ["GjfMock"]
