"""Mails in English."""

from typing import Final

from gateways.mail.scenes import Scene
from gateways.mail.words import Letter, MailWords

_IDLE: Final = "If you do nothing,"
_DONE: Final = "You need not do anything."
_ENDS: Final = "the time to pay ends at {end_time}, you owe nothing, and the lot goes back to the auction."
_PAY: Final = "Proceed to secure payment"
_BY: Final = "Pay by {end}"
_LATE: Final = "The payment came after the time was over, and it goes back to the buyer."
_KEEP: Final = "Please keep the lot; the auction decides what becomes of it."
_ARRIVES: Final = "It reaches you in 5 to 10 days, the way you paid."
_MISSING: Final = "If the money has not come after 10 days, write to us."

ENGLISH: Final = MailWords(
    letters={
        Scene.REQUIRED: Letter(
            subject="Please pay for {lot} by {end_short}",
            preheader="{amount}. Nothing is charged before you confirm on Stripe’s page.",
            heading="Please pay for your lot",
            lead="You placed the winning bid. Pay by card, wallet or bank on Stripe’s page; your bank may ask you to"
            " confirm. Nothing is charged before that.",
            rest=(_IDLE, _ENDS),
            note=_BY,
            button=_PAY,
        ),
        Scene.REMINDER: Letter(
            subject="{left} left to pay for {lot}",
            preheader="{amount}, by {end_short}. Nothing has been charged so far.",
            heading="{left} left to pay",
            lead="Your lot is still reserved for you. Nothing has been charged so far.",
            rest=(_IDLE, _ENDS),
            note=_BY,
            button=_PAY,
        ),
        Scene.FAILED: Letter(
            subject="{declined_subject}: a fresh link",
            preheader="Nothing was charged. You can pay until {end_short}.",
            heading="{declined}",
            lead="{reason} Nothing was charged. {advice}{tries}",
            rest=(_IDLE, "{next_try}" + _ENDS),
            note=_BY,
            button="Try again",
        ),
        Scene.RECEIVED: Letter(
            subject="Paid: {lot}{receipt}",
            preheader="{Maker} has been told and will write to you about delivery.",
            heading="Paid. Thank you.",
            lead="{Title} is yours. {Maker} has been told and will write to you about delivery.{receipt_follows}",
            rest=(_DONE, "Keep this e-mail with your receipt."),
            note="{receipt_note}",
            button="See your payment",
        ),
        Scene.LOT_PAID: Letter(
            subject="{Lot} is paid: {amount}",
            preheader="{Buyer} has paid in full. Please prepare the lot for delivery.",
            heading="Your lot is paid",
            lead="{Buyer} has paid in full. Please prepare the lot, and write to the buyer about delivery.{payout}",
            rest=(_IDLE, "the buyer waits for you. If you need the buyer’s address, write to us."),
            note="Paid in full",
        ),
        Scene.EXTENDED: Letter(
            subject="You have more time for {lot}: until {end_short}",
            preheader="{amount}. Nothing has been charged so far.",
            heading="You have more time",
            lead="The time to pay for your lot was extended. Nothing has been charged so far.",
            rest=(_IDLE, _ENDS),
            note=_BY,
            button=_PAY,
        ),
        Scene.EXPIRED: Letter(
            subject="The time to pay for {lot} is over; you owe nothing",
            preheader="Nothing was charged. The lot goes back to the auction.",
            heading="The time to pay is over",
            lead="Nothing was charged, and you owe nothing. The lot goes back to the auction.",
            rest=(_DONE, "Should a payment of yours still arrive, we write to you."),
            note="{ended}",
        ),
        Scene.CANCELED: Letter(
            subject="The payment for {lot} was canceled; you owe nothing",
            preheader="Nothing was charged. The lot goes back to the auction.",
            heading="This payment was canceled",
            lead="{House} ended the time to pay. Nothing was charged, and you owe nothing. The lot goes back to the"
            " auction.",
            rest=(_DONE, "If you would like to know why, write to us."),
        ),
        Scene.LATE: Letter(
            subject="Your payment for {lot} came too late; it goes back in full",
            preheader="{refunded} is on its way back to you.",
            heading="Your payment came after the time was over",
            lead="The lot goes back to the auction, and we are sending your money back in full. " + _ARRIVES,
            rest=(_DONE, _MISSING),
            note="On its way back to you",
        ),
        Scene.NOT_PAID: Letter(
            subject="{Lot} was not paid; it is free again",
            preheader="The time to pay is over. The lot goes back to the auction.",
            heading="Your lot was not paid",
            lead="The buyer did not pay in time. The lot goes back to the auction.",
            rest=(_DONE, _KEEP),
            note="{ended}",
        ),
        Scene.NOT_PAID_CANCELED: Letter(
            subject="{Lot} was not paid; it is free again",
            preheader="The payment was canceled. The lot goes back to the auction.",
            heading="Your lot was not paid",
            lead="{House} ended the time to pay before the buyer had paid. The lot goes back to the auction.",
            rest=(_DONE, _KEEP),
        ),
        Scene.NOT_PAID_LATE: Letter(
            subject="{Lot} was not paid in time; it is free again",
            preheader=_LATE,
            heading="Your lot was not paid in time",
            lead=_LATE + " The lot goes back to the auction.",
            rest=(_DONE, _KEEP),
            note="{ended}",
        ),
        Scene.REFUNDED: Letter(
            subject="{refunded} is on its way back to you",
            preheader="For {lot}. " + _ARRIVES,
            heading="Money is on its way back to you",
            lead="{why}We have refunded all that you paid for {lot}. " + _ARRIVES,
            rest=(_DONE, _MISSING),
            note="{credit_note}",
            button="See your payment",
        ),
        Scene.REFUNDED_IN_PART: Letter(
            subject="{refunded} is on its way back to you",
            preheader="For {lot}. " + _ARRIVES,
            heading="Money is on its way back to you",
            lead="{why}We have refunded a part of what you paid for {lot}. " + _ARRIVES,
            rest=(_DONE, _MISSING),
            note="{credit_note}",
            button="See your payment",
        ),
    },
    phrases={
        "lot": "lot {number}",
        "titled": "“{title}”",
        "untitled": "the lot of auction {auction}",
        "your_lot": "Your lot",
        "lot_heading": "Lot {number}",
        "auction": "Auction {auction}",
        "for": "for {buyer}",
        "the_maker": "The maker",
        "the_buyer": "The buyer",
        "the_lot": "The lot",
        "not_charged": "{amount}, not charged",
        "not_paid": "{amount}, not paid",
        "ended": "Ended {end}",
        "declined_subject": "Your bank declined the payment for {lot}",
        "failed_subject": "The payment for {lot} did not go through",
        "no_try": " You can still pay until the time below.",
        "one_try": " One try is left.",
        "tries": " {Count} tries are left.",
        "next_try": "a fresh try opens at {time} under the same link. Without a payment ",
        "receipt": ", receipt {document}",
        "receipt_note": "Receipt {document}",
        "receipt_follows": " Your receipt follows by e-mail.",
        "credit_note": "Credit note {document}",
        "download_receipt": "Download receipt (PDF)",
        "download_credit_note": "Download credit note (PDF)",
        "payout": " Your payout is {payout}; Stripe sends it to your account.",
        "late": "Your payment came after the time to pay was over. ",
        "duplicate": "You paid twice. ",
        "or_open": "Or open this address:",
        "yours_alone": "It is yours alone; please do not forward it.",
        "yours_alone_text": "this address is yours alone; please do not forward it",
        "no_link": "To pay, open the link in our newest e-mail about this lot, or write to us for a new one.",
        "reference": "Payment reference {reference}.",
        "questions": "Questions? Answer this e-mail.",
        "questions_to": "Questions? Write to {email}.",
        "never_buyer": "We never ask for your card number by e-mail or phone; you give it only on Stripe’s page.",
        "never_maker": "We never ask for a card number or a password by e-mail or phone.",
    },
    numbers=("no", "one", "two", "three", "four", "five", "six"),
)
