"""What the buyer's page says: each language is one value, and none may lack a word that another has."""

from collections.abc import Mapping
from dataclasses import dataclass

from console.pages.stages import Stage


@dataclass(frozen=True, slots=True)
class Said:
    """A title without a full stop, and the sentences under it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that the page says in one language."""

    said: Mapping[Stage, Said]
    lost_link: Said
    broken: Said
    labels: Mapping[str, str]
    steps: tuple[str, ...]
