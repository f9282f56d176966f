"""Records of which only some columns were loaded."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.attempt import AttemptStatus
from domain.lifecycle import Status
from models.parts import ENDING, Part
from models.records import ATTEMPTS, SESSIONS
from models.sealing import FieldCipher

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CIPHER = FieldCipher([bytes(32)], bytes(32))


def test_what_was_not_loaded_is_not_there() -> None:
    part = Part(SESSIONS, "status", "buyer_email", "maker_email")
    assert part.selection == "r.id, r.status, r.buyer_email IS NOT NULL, r.maker_email IS NOT NULL"
    session = part.load((UUID(int=1), "failed", True, False), CIPHER)
    assert (session.id, session.status, bool(session.buyer_email), session.maker_email) == (
        UUID(int=1),
        Status.FAILED,
        True,
        None,
    )
    with pytest.raises(AttributeError):
        _ = session.reason
    assert part.snapshot(session) == (Status.FAILED,)
    session.status = Status.EXPIRED
    assert part.changed([(Status.FAILED,)], [part.snapshot(session)]) == ("status",)


def test_what_could_not_be_written_back_is_no_part() -> None:
    with pytest.raises(TypeError):
        Part(ATTEMPTS, "url")
    with pytest.raises(TypeError):
        Part(ATTEMPTS, "no_such_column")


def test_an_attempt_of_a_window_that_ends_is_a_part() -> None:
    row = dict.fromkeys(ENDING.attempts.names) | {"status": "open", "due_at": NOW}
    attempt = ENDING.attempts.load(tuple(row.values()), CIPHER)
    assert (attempt.status, attempt.due_at, attempt.expires_at) == (AttemptStatus.OPEN, NOW, None)
