"""Why a payment is pending or failed: one payment for each row."""

from datetime import timedelta

from domain.attempt import AttemptCause, AttemptStatus
from domain.lifecycle import Status
from domain.notice import Channel, NoticeStatus
from domain.notices import NoticeKind
from domain.policies import AttemptKind
from domain.risk import Kind
from domain.standing.beside import Beside, Circuit, Mail
from domain.standing.explanation import Duty
from tests.domain.payments import END, NOW, after, end
from tests.domain.standing.rows import INSTANT, another, change, declined, opening, signal, told, unpaid

MAILED = Mail(NoticeKind.PAYMENT_REQUIRED, Channel.EMAIL, NoticeStatus.SENT, after(1), after(2))


def test_a_checkout_is_being_opened() -> None:
    said = told(opening())
    assert said.code == "pending.opening"
    assert said.why == "The auction asked for payment 2026-11-20 12:00:00 UTC; the checkout is being opened."
    assert said.why.parts[1] == NOW
    assert said.next[0].text == "Opens within seconds."
    assert said.you.kind is Duty.NOTHING


def test_a_checkout_waits_in_line_and_knows_about_when() -> None:
    said = told(opening(), beside=Beside(queue=500, calls_per_second=25.0))
    assert said.code == "pending.in_line"
    assert "500 lots closed together, and Stripe permits 25 calls a second" in said.why
    assert said.next[0].at == after(60 + 20)
    assert said.also == ()


def test_a_line_of_unknown_speed_is_told_without_a_time() -> None:
    said = told(opening(), beside=Beside(queue=500))
    assert (said.code, said.next[0].at) == ("pending.in_line", None)


def test_an_opening_of_unknown_outcome_is_asked_again_with_the_same_key() -> None:
    payment = opening(
        request={"mode": "payment"},
        tries=3,
        last_error="gateway_unavailable",
    )
    payment.attempts[0].due_at = after(70)
    said = told(payment)
    assert said.code == "pending.outcome_unknown"
    assert "(3 tries). Whether it worked is unknown, so it is neither failed nor opened twice." in said.why
    assert (said.next[0].text, said.next[0].at) == ("Asked again with the same key.", after(70))
    assert said.you.kind is Duty.NOTHING
    later = told(payment, after(601))
    assert (later.you.kind, later.you.text) == (Duty.MAY, "Look at Stripe.")


def test_stripe_is_not_being_called() -> None:
    circuit = Circuit(failed=9, calls=12, since=after(30), trial_at=after(65))
    said = told(opening(), beside=Beside(circuit=circuit))
    assert said.code == "pending.circuit_open"
    assert said.why.startswith(
        "Stripe is not being called now: 9 of the last 12 calls failed since 2026-11-20 12:00:30"
    )
    assert said.next[0].at == after(65)
    own = told(opening(last_error="gateway_busy"))
    assert own.code == "pending.circuit_open"


def test_a_refused_checkout_waits_for_a_person() -> None:
    payment = unpaid(reason="checkout_refused")
    change(payment.attempts[0], status=AttemptStatus.REFUSED, last_error="The currency is not enabled.")
    said = told(payment)
    assert said.code == "pending.refused"
    assert said.why == "Stripe will not open this checkout: The currency is not enabled."
    assert (said.next[0].at, said.you.kind) == (END, Duty.MUST)
    assert said.line == "Waits for you: Stripe will not open this checkout: The currency is not enabled."


def test_one_checkout_after_the_other_failed() -> None:
    payment = opening()
    change(payment.session, held_at=after(10), hold_reason="checkout_not_opened", reason="checkout_not_opened")
    said = told(payment)
    assert (said.code, said.you.kind) == ("pending.not_opened", Duty.MUST)


def test_the_buyer_has_not_paid_yet() -> None:
    said = told(unpaid(), beside=Beside(mails=(MAILED,)))
    assert said.code == "pending.waiting"
    assert said.why == "The buyer has not paid yet. The link was mailed 2026-11-20 12:00:02 UTC."
    assert [step.at for step in said.next] == [END - timedelta(hours=2), END]
    assert said.you.text == "Extend, resend the link or terminate."
    assert said.line == "The buyer is reminded."


def test_a_link_that_is_on_its_way_or_never_went_out_is_said_so() -> None:
    queued = Mail(NoticeKind.PAYMENT_REQUIRED, Channel.EMAIL, NoticeStatus.QUEUED, after(1))
    assert told(unpaid(), beside=Beside(mails=(queued,))).why.endswith("The link is being mailed.")
    assert told(unpaid()).why.endswith("No letter with the link has gone out from here.")


def test_the_mail_server_refused_the_link() -> None:
    refused = Mail(
        NoticeKind.PAYMENT_REQUIRED, Channel.EMAIL, NoticeStatus.REFUSED, after(1), after(3), "550 no such user"
    )
    said = told(unpaid(), beside=Beside(mails=(refused,)))
    assert said.code == "pending.mail_refused"
    assert said.why.endswith("12:00:03 UTC: 550 no such user.")
    assert (said.next[1].at, said.you.kind) == (END, Duty.MUST)


def test_a_later_letter_that_arrived_heals_the_refused_one() -> None:
    refused = Mail(NoticeKind.PAYMENT_REQUIRED, Channel.EMAIL, NoticeStatus.REFUSED, after(1), after(3), "550")
    assert told(unpaid(), beside=Beside(mails=(MAILED, refused))).code == "pending.waiting"


def test_the_bank_asks_the_buyer() -> None:
    payment = unpaid()
    payment.attempts[0].action_required_at = after(20)
    said = told(payment)
    assert (said.code, said.next[0].at) == ("pending.bank_asks", END)
    payment.attempts[0].declined_at = after(25)
    assert told(payment).code == "pending.waiting"


def test_a_later_attempt_is_open() -> None:
    payment = unpaid(retry_count=1)
    change(payment.attempts[0], status=AttemptStatus.CLOSED, declined_at=after(30), decline_code="expired_card")
    another(payment, AttemptCause.RETRY, status=AttemptStatus.OPEN)
    said = told(payment)
    assert said.code == "pending.attempt"
    assert said.why == "Attempt 2 is open after a decline: the card has expired (expired_card)."
    assert said.next[0].text == "If declined again: retry 2 of 3."
    payment.session.retry_count = 3
    assert told(payment).next[0].text == "Closes, the lot is reopened."


def test_an_attempt_in_place_of_another_says_why() -> None:
    payment = unpaid()
    payment.attempts[0].status = AttemptStatus.CLOSED
    newest = another(payment, AttemptCause.EXTENSION, status=AttemptStatus.OPENING, due_at=NOW)
    assert told(payment).why == "Attempt 2 is being opened, after an extension of the time to pay."
    change(newest, cause=AttemptCause.REPLACEMENT, due_at=after(90))
    said = told(payment)
    assert (said.code, said.next[0].at) == ("pending.opening", after(90))
    change(newest, status=AttemptStatus.OPEN, due_at=None)
    assert told(payment).why == "Attempt 2 is open after the one before it came to nothing."


def test_a_page_that_ends_before_the_window_is_replaced() -> None:
    said = told(unpaid(next_retry_at=after(3600)))
    assert (said.code, said.next[0].at) == ("pending.replacing", after(3600))
    assert said.next[0].text == "Attempt 2 opens in its place."


def test_a_risky_payment_is_held() -> None:
    payment = opening()
    change(payment.session, held_at=after(5), hold_reason="risk_score", risk_score=95)
    signal(payment, Kind.MANY_DECLINES)
    signal(payment, Kind.MANY_BUYERS_ON_DEVICE)
    said = told(payment)
    assert said.code == "pending.risk_hold"
    assert said.why == (
        "Held: risk 95 of 100, because several buyers use the same device, many declines were collected within a day."
        " The buyer cannot pay."
    )
    assert (said.next[-1].at, said.you.kind) == (END, Duty.MUST)


def test_the_time_ran_out_and_stripe_is_asked() -> None:
    for status in (Status.PENDING, Status.FAILED):
        said = told(unpaid(status), end(3), beside=Beside(sweep=timedelta(seconds=7.5)))
        assert said.code == "pending.ending"
        assert said.next[0].text == "Closed within 7.5 s, or waited for."


def test_a_retry_is_planned() -> None:
    said = told(declined(next_retry_at=after(90)))
    assert said.code == "failed.retry_planned"
    assert said.why == (
        "The buyer's bank declined: there was not enough money or limit on the card or account (insufficient_funds),"
        " last 2026-11-20 12:00:30 UTC. Attempt 1 stays open at Stripe."
    )
    assert said.next[0].text == "Retry 1 of 3; closes attempt 1, opens attempt 2, mails a fresh link."
    assert [step.at for step in said.next] == [after(90), END]
    assert (said.you.kind, said.you.text) == (Duty.MAY, "Retry now or extend.")


def test_a_retry_is_being_made() -> None:
    payment = declined(next_retry_at=after(50))
    assert told(payment).why == "Retry 1 of 3 is being made; attempt 1 is closed at Stripe first."
    payment.attempts[0].close_requested_at = after(51)
    assert told(payment).code == "failed.retrying"
    payment.attempts[0].status = AttemptStatus.CLOSED
    payment.session.retry_count = 1
    another(payment, AttemptCause.RETRY, due_at=after(52))
    said = told(payment)
    assert said.code == "failed.retrying"
    assert "If attempt 1 turns out paid, that is recorded." in said.next[0].text


def test_the_confirmation_failed() -> None:
    said = told(declined("authentication_required", next_retry_at=after(90)))
    assert said.code == "failed.confirmation"
    assert said.next[0].at == after(90)


def test_no_retries_are_left() -> None:
    payment = declined(retry_count=3)
    said = told(payment)
    assert said.code == "failed.none_left"
    assert said.why.startswith("All 3 retries are used, last declined 2026-11-20 12:00:30 UTC: ")
    assert said.why.endswith("The buyer's link still works.")
    payment.attempts[0].status = AttemptStatus.CLOSED
    assert told(payment).why.endswith("Nothing is open to pay through.")


def test_no_time_is_left_for_the_next_retry() -> None:
    said = told(declined())
    assert said.code == "failed.no_time_left"
    assert (said.next[0].at, said.you.text) == (END, "Extend.")


def test_a_decline_on_the_page_with_card_fields() -> None:
    payment = declined()
    change(payment.attempts[0], kind=AttemptKind.PAYMENT_INTENT)
    said = told(payment, policy=INSTANT)
    assert (said.code, said.you.kind) == ("failed.instant", Duty.NOTHING)


def test_an_attempt_is_opened_in_place_of_one_that_ended_after_a_decline() -> None:
    payment = declined()
    payment.attempts[0].status = AttemptStatus.CLOSED
    another(payment, AttemptCause.REPLACEMENT, due_at=after(61))
    said = told(payment)
    assert (said.code, said.next[0].at) == ("failed.opening", after(61))
