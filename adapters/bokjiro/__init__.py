"""복지로: the client of the two open APIs of welfare services. Its contract: `schemas/agencies/bokjiro`."""

from adapters.bokjiro.catalogue import Bokjiro

__all__ = ["Bokjiro"]
