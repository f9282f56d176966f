"""The buyer's page in English."""

from typing import Final

from console.pages.returned import Back
from console.pages.stages import Stage
from console.pages.words import Said, Words
from domain.wording.reasons import Reason

ENGLISH_WORDS: Final = Words(
    said={
        Stage.OPENING: Said("One moment, your payment page is being opened", "This page updates by itself."),
        Stage.PENDING: Said("Pay for your lot", ""),
        Stage.TURNED_BACK: Said("You have not paid yet", "Your lot is still reserved for you."),
        Stage.INSTANT: Said("Pay for your lot", ""),
        Stage.ELSEWHERE: Said("Pay for your lot", "Pay with your card where you won this lot."),
        Stage.CHECKING: Said("One moment, we are checking", "We are asking whether your payment has arrived."),
        Stage.PROCESSING: Said(
            "Your payment is on its way",
            "Stripe is waiting for your bank. <b>You need not pay again.</b> This page updates by itself; you may also"
            " close it, we will e-mail you.",
        ),
        Stage.DECLINED: Said("{declined}", "{reason} Nothing was charged. {advice}"),
        Stage.EXHAUSTED: Said(
            "It has not worked so far",
            "{declines} Nothing was charged. {then}",
        ),
        Stage.PAID: Said(
            "Paid. Thank you.", "{title} is yours. {maker} has been told and will write to you about delivery."
        ),
        Stage.EXPIRED: Said(
            "The time to pay is over",
            "It ended on {end}. Nothing was charged, and you owe nothing. The lot goes back to the auction.",
        ),
        Stage.LATE: Said(
            "Your payment came after the time was over",
            "We are sending {amount} back in full. It reaches you in 5 to 10 days.",
        ),
        Stage.CANCELED: Said(
            "This payment was canceled",
            "{house} canceled it on {end}. Nothing was charged, and you owe nothing. We have written to you with the"
            " reason.",
        ),
        Stage.HELD: Said(
            "We are checking this payment",
            "You need not do anything now. We will e-mail you, usually within a few hours.",
        ),
        Stage.HELD_MONEY: Said(
            "We are checking this payment",
            "You need not do anything now. We will e-mail you, usually within a few hours. You need not pay again.",
        ),
    },
    returned={
        Back.SENT: Said(
            "Your payment is going back to you",
            "It could not be accepted, so we send back all that came. That takes 5 to 10 days. {then}",
        ),
        Back.OTHERWISE: Said(
            "Your payment could not be accepted", "All that came has gone back, or is on its way to you. {then}"
        ),
        Back.OWED: Said(
            "Your payment could not be accepted", "{owed} of it has not reached you yet: we owe it to you. {then}"
        ),
    },
    lost_link=Said("This link does not work any more", "Open the newest e-mail about your lot, or write to us."),
    broken=Said("This page could not be made", "Payments are not affected. Try again in a moment."),
    labels={
        "lot": "Your lot",
        "lot_number": "Lot {number}",
        "skip": "Skip to content",
        "language": "Language",
        "pay": "Proceed to secure payment",
        "pay_amount": "Pay {amount}",
        "again": "Try again",
        "another_card": "Pay with another card",
        "under": "Nothing is charged before you confirm on the next page.",
        "under_last": "A payment that you have confirmed counts, even if your bank answers a little later.",
        "under_card": "Card only. You may try as often as you like until the time is up.",
        "can_pay": "You can pay {amount} until the time below.",
        "can_pay_exhausted": "You can still pay with <b>another card</b> until the time below.",
        "cannot_pay": "You cannot pay on this page now. Do you still want the lot? {write} before {end}.",
        "under_exhausted": "Need more time or another way to pay? {write} before {end}.",
        "write": "Write to us",
        "tries_left": "{Left} of {limit} tries are left.",
        "tries_left_one": "{Left} of {limit} tries is left.",
        "tries_left_only": "{Left} try is left.",
        "fresh_link": "If you do nothing, we e-mail you a fresh link at {retry}.",
        "times": "{number} times",
        "declined_once": "Your bank declined because {because}.",
        "declined_often": "Your bank declined {times}, last because {because}.",
        "by": "Pay by {end}",
        "next": "What happens next",
        "unwanted": "If that is not what you wanted",
        "secure": "You pay on Stripe’s page over an encrypted connection. {house} never sees or stores your card"
        " number.",
        "secure_card": "Your card details go straight to Stripe over an encrypted connection. {house} never sees or"
        " stores your card number.",
        "card_needs_script": "The card fields need JavaScript. Switch it on and load this page again, or open the link"
        " on another device.",
        "reference": "Payment reference",
        "questions": "Questions?",
        "not_paid": "Have you not paid yet? Show the payment",
        "untitled": "Lot {auction}",
        "the_maker": "The maker",
        "receipt": "Download receipt (PDF)",
        "receipt_sent": "We have also sent it to {email}.",
        "receipt_follows": "Your receipt follows by e-mail, usually within a minute.",
        "receipt_appears": "Your receipt appears here, usually within a minute.",
        "step_without_mail": "Your receipt is then on this page, and the maker prepares your lot.",
        "paid_with": "Paid with",
        "ending_in": "{brand} ending in {last4}",
        "paid_on": "Paid on",
        "receipt_number": "Receipt",
        "sent_back": "Sent back",
        "total": "Total paid",
        "tab_paid": "Paid, thank you",
    },
    steps=(
        "Pay by card, wallet or bank on Stripe’s page. Your bank may ask you to confirm.",
        "You come back here and see at once whether it worked.",
        "The receipt comes by e-mail, and the maker prepares your lot.",
    ),
    if_expired=(
        (
            "If you paid in the last minute, wait a moment: this page changes by itself. Money that came too late is"
            " sent back in full."
        ),
        "If you still want the lot, write to us soon. We can ask the maker, but cannot promise it.",
    ),
    because={
        Reason.MONEY: "there was not enough money or limit on the card or account",
        Reason.EXPIRED: "the card has expired",
        Reason.TYPO: "a digit or the address did not match",
        Reason.CONFIRMATION: "the confirmation with your bank did not finish",
        Reason.UNREACHABLE: "your bank could not be reached",
        Reason.UNSUITED: "this card cannot be used for this kind of payment",
        Reason.REPEATED: "it looked like a repeat of a payment made moments before",
        Reason.METHOD: "the way of paying that was chosen did not work",
        Reason.OTHER: "of something that it does not say",
    },
    numbers=tuple("one two three four five six seven eight nine ten".split()),
    times_words=("once", "twice"),
    script={
        "about": "about {} left",
        "tab": "{} to pay",
        "your_time": "{}, your time",
        "device_shows": "{}; your device will show {device}",
        "say_3600": "60 minutes left to pay.",
        "say_600": "10 minutes left to pay.",
        "say_60": "One minute left to pay.",
        "say_over": "The time to pay is over.",
        "say_more": "You have more time: until {}.",
        "say_offline": "You are offline.",
        "say_online": "You are online again. {} left.",
        "offline": "You are offline.",
        "offline_text": "The time goes on: it is kept by our clock, not by this page. Last checked {}.",
        "unreachable": "We cannot be reached at the moment.",
        "unreachable_text": "The time goes on: it is kept by our clock, not by this page. Last checked {}.",
        "button_offline": "The button works again as soon as you are back online.",
        "clock_fast": "The clock of your device is {} fast.",
        "clock_slow": "The clock of your device is {} slow.",
        "clock_text": "We count by our own clock, so the time shown here is right.",
        "checking": "One moment, we are checking",
        "busy": "One moment",
        "card_missing": "The card fields could not be loaded. Check your connection and load this page again.",
        "card_failed": "That did not work. Nothing was charged. Try again in a moment.",
        "hours": "1 hour|{} hours",
        "minutes": "1 minute|{} minutes",
        "seconds": "1 second|{} seconds",
    },
)
