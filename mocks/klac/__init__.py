"""The mock 대한법률구조공단: reservations of slots, and applications for aid. Assumed contract; see README.md."""

from mocks.klac.mock import KlacMock

__all__ = ["KlacMock"]
