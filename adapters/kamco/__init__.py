"""한국자산관리공사: the adapter of KAMCO's batch files. Its contract: `schemas/agencies/kamco`."""

from adapters.kamco.adapter import Kamco

__all__ = ["Kamco"]
