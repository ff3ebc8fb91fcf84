"""The error of a rule between fields: it names the field to mend, so that whoever answers can point at it."""

from __future__ import annotations


class BrokenRuleError(ValueError):
    """Fields that contradict each other. `at` leads from the model that holds the rule to the field to look at first.

    Pydantic takes it like any ValueError and keeps it in the error's context (`ctx["error"]`). The text holds no value.
    """

    def __init__(self, text: str, *at: str | int) -> None:
        super().__init__(text)
        self.at = at
