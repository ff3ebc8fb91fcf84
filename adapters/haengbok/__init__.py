"""The adapter of 행복e음(사회보장정보시스템). Its contract lies in `schemas/agencies/haengbok/`."""

from adapters.haengbok.adapter import Haengbok

__all__ = ["Haengbok"]
