"""The mock of 행복e음 (haengbok): SOAP with WS-Security over the contract in `schemas/agencies/haengbok/`."""

from mocks.haengbok.mock import HaengbokMock

__all__ = ["HaengbokMock"]
