"""대한법률구조공단: counselling by appointment and legal aid. Its contract: `schemas/agencies/klac`."""

from adapters.klac.adapter import Klac

__all__ = ["Klac"]
