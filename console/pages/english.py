"""The buyer's page in English."""

from typing import Final

from console.pages.stages import Stage
from console.pages.words import Said, Words

ENGLISH_WORDS: Final = Words(
    said={
        Stage.OPENING: Said("One moment, your payment page is being opened", "This page updates by itself."),
        Stage.PENDING: Said("Pay for your lot", ""),
        Stage.TURNED_BACK: Said("You have not paid yet", "Your lot is still reserved for you."),
        Stage.INSTANT: Said("Pay for your lot", "Pay with your card where you won this lot."),
        Stage.CHECKING: Said("One moment, we are checking", "We are asking whether your payment has arrived."),
        Stage.PROCESSING: Said(
            "Your payment is on its way",
            "Stripe is waiting for your bank. You need not pay again. This page updates by itself; you may also close"
            " it, we will e-mail you.",
        ),
        Stage.DECLINED: Said("{declined}", "{reason} Nothing was charged. {advice}"),
        Stage.EXHAUSTED: Said(
            "It has not worked so far",
            "{reason} Nothing was charged. You can still pay with another card until the time below.",
        ),
        Stage.PAID: Said(
            "Paid, thank you", "{title} is yours. Your receipt follows by e-mail, usually within a minute."
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
            "It was canceled on {end}. Nothing was charged, and you owe nothing. We have written to you with the"
            " reason.",
        ),
        Stage.HELD: Said(
            "We are checking this payment",
            "You need not do anything now. We will e-mail you, usually within a few hours.",
        ),
    },
    lost_link=Said("This link does not work any more", "Open the newest e-mail about your lot, or write to us."),
    broken=Said("This page could not be made", "Payments are not affected. Try again in a moment."),
    labels={
        "lot": "Your lot",
        "skip": "Skip to content",
        "language": "Language",
        "pay": "Proceed to secure payment",
        "again": "Try again",
        "under": "Nothing is charged before you confirm on the next page.",
        "by": "Pay by {end}",
        "next": "What happens next",
        "secure": "You pay on Stripe’s page over an encrypted connection. The auction house never sees or stores your"
        " card number.",
        "reference": "Payment reference",
        "not_paid": "Have you not paid yet? Show the payment",
        "untitled": "Lot {auction}",
    },
    steps=(
        "Pay by card, wallet or bank on Stripe’s page. Your bank may ask you to confirm.",
        "You come back here and see at once whether it worked.",
        "The receipt comes by e-mail, and the maker prepares your lot.",
    ),
)
