"""경기도일자리재단: job counselling. Its contract: `schemas/agencies/gjf`."""

from adapters.gjf.adapter import Gjf

__all__ = ["Gjf"]
