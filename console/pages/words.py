"""What the buyer's page says: each language is one value, and none may lack a word that another has.

Texts are HTML: what is filled in is escaped, what stands here is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from console.pages.returned import Back
from console.pages.stages import Stage
from domain.wording.reasons import Reason


@dataclass(frozen=True, slots=True)
class Said:
    """A title, and the sentences under it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that the page says in one language."""

    said: Mapping[Stage, Said]
    #: In place of a decline, where money came that could not be kept.
    returned: Mapping[Back, Said]
    lost_link: Said
    broken: Said
    labels: Mapping[str, str]
    steps: tuple[str, ...]
    #: After the end, for those whom it surprises.
    if_expired: tuple[str, ...]
    #: "last because …": the reasons of declines as the second half of a sentence.
    because: Mapping[Reason, str]
    #: One to ten, where they stand for tries.
    numbers: tuple[str, ...]
    #: Once, twice, … as often as there are words of their own; then `times`.
    times_words: tuple[str, ...]
    #: What the script says.
    script: Mapping[str, str]

    def number(self, count: int) -> str:
        """`two`."""
        return self.numbers[count - 1] if 0 < count <= len(self.numbers) else str(count)

    def times(self, count: int) -> str:
        """`twice`, `four times`."""
        if 0 < count <= len(self.times_words):
            return self.times_words[count - 1]
        return self.labels["times"].format(number=self.number(count), count=count)

    def declines(self, count: int, reason: Reason) -> str:
        """How often a payment was declined, and why the last time."""
        form = self.labels["declined_often" if count > 1 else "declined_once"]
        return form.format(times=self.times(count), because=self.because[reason])

    def tries_left(self, left: int, limit: int) -> str:
        """How many of the tries are left, in a sentence."""
        form = "tries_left_only" if limit == 1 else "tries_left_one" if left == 1 else "tries_left"
        left_word, limit_word = self.number(left), self.number(limit)
        return self.labels[form].format(left=left_word, Left=left_word.capitalize(), limit=limit_word)
