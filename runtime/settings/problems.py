"""What can be wrong with the environment, told all at once and without showing a value."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a process from starting.

    No part of it repeats the value: a secret pasted into the wrong variable must not reach a log through its error.
    """

    variable: str
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.variable} {self.wrong}; it should be {self.right}"


class Wrong(ValueError):
    """Raised by a parser; its text continues the sentence "VARIABLE …" and never repeats the value."""


class SettingsError(Exception):
    """The environment cannot be used. `problems` holds every reason; the text shows one line for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotConfigured(Exception):
    """A setting was asked for that this process was started without."""

    def __init__(self, variable: str) -> None:
        self.variable = variable
        super().__init__(f"{variable} is not set, and this needs it")
