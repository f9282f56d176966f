"""Whatever a payment has lived through, and at every step of that, its explanation is whole."""

import copy
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import EventTooEarly
from domain.facts import Fact
from domain.money import Money
from domain.settlement import apply
from domain.standing.beside import Beside
from domain.standing.explaining import explain
from domain.standing.explanation import Sentence, say
from domain.windows import close_if_over
from tests.domain.lives import AFTERMATHS, PAID
from tests.domain.payments import END, NOW, a_payment, after, asked, terms
from tests.domain.standing.rows import STANDARD, assert_whole
from tests.domain.test_settlement import CHARGED, LIVES

EVERY: dict[str, list[Fact]] = LIVES | {name: [PAID, *facts] for name, facts in AFTERMATHS.items()}
MOMENTS = (NOW, after(1), after(90), after(7200), END - timedelta(seconds=1), END, END + timedelta(minutes=3))


@pytest.mark.parametrize("life", EVERY)
@given(st.data())
def test_every_step_of_every_life_has_a_next_step_or_a_stated_end(life: str, data: st.DataObject) -> None:
    facts = data.draw(st.permutations(EVERY[life]))
    payment = a_payment()
    moment = data.draw(st.sampled_from(MOMENTS))
    assert_whole(explain(payment, Beside(), STANDARD, moment))
    for fact in facts:
        undo = payment.checkpoint()
        try:
            apply(payment, fact, moment, terms())
        except EventTooEarly:
            undo()
        assert_whole(explain(payment, Beside(), STANDARD, moment))
    asked(payment, CHARGED.get(life))
    assert_whole(explain(payment, Beside(), STANDARD, moment))
    close_if_over(payment, END + timedelta(minutes=3))
    assert_whole(explain(payment, Beside(), STANDARD, END + timedelta(minutes=3)))


def test_nothing_that_happens_is_left_unexplained() -> None:
    codes = set()
    for life, facts in EVERY.items():
        payment = a_payment()
        for fact in facts:
            try:
                apply(payment, fact, NOW, terms())
            except EventTooEarly:
                continue
            codes.add(explain(payment, Beside(), STANDARD, after(100)).code)
        asked(payment, CHARGED.get(life))
        codes.add(explain(payment, Beside(), STANDARD, after(100)).code)
    assert "any.unexplained" not in codes
    assert {"completed.disputed", "completed.refund_failed", "failed.retrying", "processing.bank"} <= codes


def test_a_sentence_keeps_its_times_and_amounts_through_copies() -> None:
    sentence = say("{amount} came {t}.", amount=Money("JPY", 48000), t=NOW)
    assert sentence == "48,000 JPY came 2026-11-20 12:00:00 UTC."
    assert sentence.parts == (Money("JPY", 48000), " came ", NOW, ".")
    assert copy.deepcopy(sentence).parts == sentence.parts
    assert Sentence(*sentence.parts) == sentence
    assert sentence.document == [
        {"money": "48,000 JPY"},
        {"text": " came "},
        {"time": "2026-11-20T12:00:00Z"},
        {"text": "."},
    ]
