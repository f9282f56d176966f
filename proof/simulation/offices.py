"""The receipts' storage and the mail: away at times, losing their answers, and remembering what they got."""

from collections import Counter
from hashlib import sha256
from uuid import UUID

from domain.documents import Document
from domain.errors import GatewayUnavailable
from domain.notices import NoticeContent
from gateways.letters import CarrierAway, Letter
from gateways.mail.compose import Composed
from gateways.storage.storage import NotStored
from proof.simulation.database import Died
from proof.simulation.dice import Dice

#: For each receipt. What kills a worker makes each of its whole batch be tried alone.
_STORE_AWAY, _STORE_ANSWER_LOST, _STORE_DIES = 0.03, 0.03, 0.002
_MAIL_AWAY, _MAIL_FAILS, _MAIL_ANSWER_LOST, _MAIL_DIES = 0.01, 0.02, 0.02, 0.005


class Press:
    """Prints a document in no time: the same bytes each time."""

    def print(self, document: Document) -> bytes:
        """What would stand on the paper."""
        return repr(document).encode()


class Cabinet:
    """Keeps receipts."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._kept: dict[str, bytes] = {}

    def put(self, key: str, content: bytes, *, sha256: bytes) -> None:
        """Store; the storage may be away, or its answer get lost."""
        del sha256
        site = key.partition("-")[0]
        if self._dice.strikes("storage_away", _STORE_AWAY, site):
            raise GatewayUnavailable("the storage is away")
        self._kept[key] = content
        if self._dice.strikes("storage_answer_lost", _STORE_ANSWER_LOST, site):
            raise GatewayUnavailable("the storage did not answer")
        if self._dice.strikes("printer_dies", _STORE_DIES, site):
            raise Died

    def get(self, key: str) -> bytes:
        """What is stored."""
        if key not in self._kept:
            raise NotStored("there is nothing under this key")
        return self._kept[key]

    def hash_of(self, key: str | None) -> bytes | None:
        """The SHA-256 of what is stored; None if nothing is."""
        return sha256(self._kept[key]).digest() if key in self._kept else None


class Mail:
    """Takes letters to people."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        #: How often each letter was taken.
        self.taken: Counter[UUID] = Counter()
        #: How often a letter was taken although nobody was told: those may come twice.
        self.doubtful: Counter[UUID] = Counter()

    def send(self, letter: Letter) -> str:
        """Take a letter."""
        site = (letter.kind, letter.auction_id, letter.recipient)
        if self._dice.strikes("mail_away", _MAIL_AWAY, *site):
            raise CarrierAway("nobody is there")
        if self._dice.strikes("mail_fails", _MAIL_FAILS, *site):
            raise GatewayUnavailable("not now")
        self.taken[letter.id] += 1
        if self._dice.strikes("mail_answer_lost", _MAIL_ANSWER_LOST, *site):
            self.doubtful[letter.id] += 1
            raise GatewayUnavailable("no answer")
        if self._dice.strikes("postman_dies", _MAIL_DIES, *site):
            self.doubtful[letter.id] += 1
            raise Died
        return f"<{letter.id}@mail.simulated>"

    def finish(self) -> None:
        """No conversation is open."""


def write(content: NoticeContent) -> Composed:
    """A mail of few words: how mails look is not what a run is about."""
    return Composed("en", str(content.kind), "", str(content.kind), "")
