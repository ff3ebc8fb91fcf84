"""신용회복위원회 (CCRS): the adapter. Its contract: `schemas/agencies/ccrs`."""

from adapters.ccrs.adapter import Ccrs

__all__ = ["Ccrs"]
