"""불법사금융 피해구제 / 채무자대리인: form posts in EUC-KR. Its contract: `schemas/agencies/illegal_lending`."""

from adapters.illegal_lending.adapter import IllegalLending

__all__ = ["IllegalLending"]
