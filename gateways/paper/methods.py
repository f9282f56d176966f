"""What a way to pay is called on paper."""

from typing import Final

from domain.documents import PaidWith
from gateways.paper.wording import Wording

#: Stripe's names of card brands, as their owners write them.
_BRANDS: Final = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "girocard": "girocard",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
#: The same for wallets and banks, in every language.
_SERVICES: Final = {
    "afterpay_clearpay": "Afterpay",
    "alipay": "Alipay",
    "amazon_pay": "Amazon Pay",
    "apple_pay": "Apple Pay",
    "bancontact": "Bancontact",
    "blik": "BLIK",
    "cashapp": "Cash App Pay",
    "eps": "EPS",
    "fpx": "FPX",
    "google_pay": "Google Pay",
    "grabpay": "GrabPay",
    "ideal": "iDEAL",
    "mb_way": "MB WAY",
    "mobilepay": "MobilePay",
    "p24": "Przelewy24",
    "paynow": "PayNow",
    "paypal": "PayPal",
    "payto": "PayTo",
    "promptpay": "PromptPay",
    "revolut_pay": "Revolut Pay",
    "swish": "Swish",
    "twint": "TWINT",
    "wechat_pay": "WeChat Pay",
}


def called(paid_with: PaidWith, wording: Wording) -> str:
    """A way to pay with what Stripe tells of it: `Visa card ending in 4242`, `PayPal`.

    One that this release does not know is called what Stripe calls it.
    """
    if paid_with.brand:
        brand = _BRANDS.get(paid_with.brand, _titled(paid_with.brand))
        method = wording.methods["branded_card"].format(brand=brand, joined=brand.replace(" ", "-"))
    else:
        known = _SERVICES.get(paid_with.type)
        method = known or wording.methods.get(paid_with.type, _titled(paid_with.type))
    if not paid_with.last4:
        return method
    ending = "ending" if paid_with.type.startswith("card") else "account_ending"
    return wording.methods[ending].format(method=method, last4=paid_with.last4[-4:])


def as_beginning(text: str) -> str:
    """A text at the beginning of a sentence. Names that begin small, such as iDEAL, stay as they are."""
    return text[:1].upper() + text[1:] if text[1:2].islower() else text


def _titled(name: str) -> str:
    return " ".join(word.capitalize() for word in name.split("_"))
