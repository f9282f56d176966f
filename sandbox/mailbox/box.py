"""The mails that came: the last so many, in memory and, if wanted, in a directory."""

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from sandbox.mailbox.faults import Faults
from sandbox.mailbox.mail import Mail

#: Enough to look through; a burst of ten thousand receipts must not fill the memory.
KEPT_MAILS = 500


class Mailbox:
    """Keeps the last `keep` mails; `directory` keeps them over a restart. Any thread may use it."""

    def __init__(self, clock: Callable[[], datetime], *, keep: int = KEPT_MAILS, directory: Path | None = None) -> None:
        self.faults = Faults()
        self._clock = clock
        self._directory = directory
        self._changed = threading.Condition(threading.RLock())
        self._mails: deque[Mail] = deque(_read(directory) if directory else [])
        self._keep = keep
        self._last_id = self._mails[-1].id if self._mails else 0
        self._drop(len(self._mails) - keep)

    @property
    def messages(self) -> Sequence[Mail]:
        """The mails, oldest first."""
        with self._changed:
            return list(self._mails)

    def to(self, recipient: str) -> Sequence[Mail]:
        """Return the mails to one recipient, oldest first."""
        return [mail for mail in self.messages if recipient.casefold() in map(str.casefold, mail.recipients)]

    def get(self, mail_id: int) -> Mail | None:
        """Return a mail, or None where it never was or is no longer kept."""
        return next((mail for mail in self.messages if mail.id == mail_id), None)

    def add(self, sender: str, recipients: Sequence[str], raw: bytes) -> Mail:
        """Take a mail in; the oldest goes when there are too many."""
        with self._changed:
            self._last_id += 1
            mail = Mail(self._last_id, self._clock(), sender, list(recipients), raw)
            if self._directory:
                _write(self._directory, mail)
            self._mails.append(mail)
            self._drop(len(self._mails) - self._keep)
            self._changed.notify_all()
        return mail

    def wait_for(self, count: int, recipient: str | None = None, seconds: float = 10.0) -> Sequence[Mail]:
        """Wait until there are `count` mails (to the recipient), and return them.

        Raises:
            TimeoutError: there are fewer after `seconds`.
        """
        with self._changed:
            found = self._changed.wait_for(lambda: len(self._to(recipient)) >= count, seconds)
            mails = self._to(recipient)
        if not found:
            raise TimeoutError(f"{len(mails)} of {count} mails came within {seconds:g} seconds.")
        return mails

    def clear(self) -> None:
        """Throw all mails away."""
        with self._changed:
            self._drop(len(self._mails))

    def _to(self, recipient: str | None) -> Sequence[Mail]:
        return list(self._mails) if recipient is None else self.to(recipient)

    def _drop(self, count: int) -> None:
        for mail in list(islice(self._mails, max(0, count))):
            self._mails.popleft()
            if self._directory:
                for file in _files(self._directory, mail.id):
                    file.unlink(missing_ok=True)


def _files(directory: Path, mail_id: int) -> tuple[Path, Path]:
    """Return where a mail and its envelope are."""
    return directory / f"{mail_id:06}.eml", directory / f"{mail_id:06}.json"


def _write(directory: Path, mail: Mail) -> None:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    raw, envelope = _files(directory, mail.id)
    raw.write_bytes(mail.raw)
    known = {"received_at": mail.received_at.isoformat(), "sender": mail.sender, "recipients": mail.recipients}
    envelope.write_text(json.dumps(known))  # last: a mail without an envelope is not read again


def _read(directory: Path) -> list[Mail]:
    mails = []
    for envelope in sorted(directory.glob("[0-9]*.json")):
        raw, known = envelope.with_suffix(".eml"), json.loads(envelope.read_text())
        received_at = datetime.fromisoformat(known["received_at"])
        mails.append(Mail(int(raw.stem), received_at, known["sender"], known["recipients"], raw.read_bytes()))
    return sorted(mails, key=lambda mail: mail.id)
