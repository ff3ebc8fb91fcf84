"""The mock 복지로: both open APIs of welfare services over a small catalogue of our own writing; see README.md."""

from mocks.bokjiro.mock import BokjiroMock

__all__ = ["BokjiroMock"]
