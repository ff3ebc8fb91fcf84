"""IBK미소금융재단: telegrams (전문) in CP949 over TCP. Its contract: `schemas/agencies/ibk_miso`."""

from adapters.ibk_miso.adapter import IbkMiso

__all__ = ["IbkMiso"]
