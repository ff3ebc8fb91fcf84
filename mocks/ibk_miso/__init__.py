"""The mock IBK미소금융재단: telegrams in CP949 on a TCP port. Assumed contract; see README.md."""

from mocks.ibk_miso.mock import IbkMisoMock

__all__ = ["IbkMisoMock"]
