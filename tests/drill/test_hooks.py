"""What a trial with webhooks proves: nothing, if hardly any were answered."""

import pytest

from cli.drill.hooks import complaints
from proof.drill.sending import Sender


def told(answers: dict[int, int], kept: int, *, valid: bool) -> list[str]:
    """What is said of ten seconds at ten a second."""
    sender = Sender("http://127.0.0.1:1", "whsec_fake", 10)
    sender.answers.update(answers)
    sender.seconds = 10.0
    return list(complaints(sender, kept, valid=valid, when="meanwhile"))


@pytest.mark.parametrize(
    ("answers", "kept", "valid"),
    [
        ({200: 100}, 100, True),
        # A machine may be busy; and one that was stored may have been answered to nobody.
        ({200: 80}, 81, True),
        ({400: 100}, 0, False),
    ],
)
def test_enough_that_were_answered_rightly_are_well(answers: dict[int, int], kept: int, valid: bool) -> None:
    assert told(answers, kept, valid=valid) == []


@pytest.mark.parametrize(
    ("answers", "kept", "valid", "words"),
    [
        ({}, 0, True, "0 valid webhooks were answered in 10 seconds meanwhile: fewer than 80% of 10 a second"),
        ({}, 0, False, "0 forged webhooks were answered in 10 seconds meanwhile: fewer than 80% of 10 a second"),
        ({200: 79}, 79, True, "79 valid webhooks were answered in 10 seconds"),
        ({400: 79}, 0, False, "79 forged webhooks were answered in 10 seconds"),
        ({200: 99, 400: 1}, 99, True, "1 valid webhooks were answered with 400 meanwhile."),
        ({400: 99, 200: 1}, 0, False, "1 forged webhooks were answered with 200 meanwhile."),
        ({200: 100}, 99, True, "100 webhooks were accepted meanwhile, and 99 are stored."),
        ({400: 100}, 1, False, "1 forged webhooks are stored."),
    ],
)
def test_what_is_missing_or_wrong_is_told(answers: dict[int, int], kept: int, valid: bool, words: str) -> None:
    (sentence,) = told(answers, kept, valid=valid)
    assert words in sentence


def test_a_sender_that_never_sent_proves_nothing() -> None:
    (sentence,) = complaints(Sender("http://127.0.0.1:1", "whsec_fake", 10), 0, valid=True, when="meanwhile")
    assert "proves nothing" in sentence
