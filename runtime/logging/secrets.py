"""Finds secrets and personal data in text: what a log line must not carry, however it got in."""

import re
from typing import Final

from domain.masking import mask_card_numbers

_QUOTED: Final = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_BARE: Final = r"(?!\[(?:hidden|token|email|stripe key|webhook secret)\])[^\s\"',;&)}\]]+"
# What no part of an address contains that stands in prose, JSON or a query. Lengths are RFC 5321's, and keep a long
# text without blanks from being searched again from each of its letters.
_NO_ADDRESS: Final = r"\s@\"'<>(),;:=/\[\]{}|\\"
_LOCAL: Final = rf"[^{_NO_ADDRESS}]{{1,64}}"
_DOMAIN: Final = rf"[^{_NO_ADDRESS}&?%]{{1,255}}"
_LAST_LABEL: Final = rf"[^{_NO_ADDRESS}&?%.]+"

_RULES: Final = (
    # A key that was cut off is a key.
    (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", "[private key]"),
    # Up to the last @: a password that should have been escaped must not leave its second half.
    (r"\b((?:postgres(?:ql)?(?:\+\w+)?|rediss?|amqps?|smtps?)://)[^\s\"'<>]*@", r"\1[hidden]@"),
    (r"([A-Za-z][A-Za-z0-9+.-]{0,20}://)[^\s/?#\"'<>]*@", r"\1[hidden]@"),
    # In a repr a letter may stand right before it (`\nsk_live_…`), so a long one needs no word boundary.
    (r"(?<![A-Za-z0-9])[sr]k_(?:test|live)_\w+|[sr]k_(?:test|live)_[A-Za-z0-9]{12,}", "[stripe key]"),
    (r"whsec_[A-Za-z0-9+/=_-]+", "[webhook secret]"),
    # The id in front is no secret, and is what one searches for.
    (r"((?:pi|seti|cs)_[A-Za-z0-9_]+?)_secret_(?!\[)[^\s\"'&<>,;)\]}\\]+", r"\1_secret_[hidden]"),
    # A token that was cut off is a token.
    (r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}", "[token]"),
    (r"(?i:\b(bearer)[ +]+)[A-Za-z0-9._~+/=-]+", r"\1 [token]"),
    (r"(?i:(authorization[\"']?\s*[:=,]\s*(?:b?[\"'])?)(?:(?:basic|digest)\s+)?)[^\s\"',]+", r"\1[hidden]"),
    (r"(?i:(cookie[\"']?\s*:\s*))[^\r\n]+", r"\1[hidden]"),
    (
        rf"(?i:((?:passw(?:or)?d|pwd|passphrase|secret|api_?key)[\"']?\s*[:=]\s*))(?:{_QUOTED}|{_BARE})",
        r"\1[hidden]",
    ),
    # With a colon only where it is a key in quotes: "invalid token: expired" is prose.
    (rf"(?i:(token(?:[\"']\s*:|=)\s*))(?:{_QUOTED}|{_BARE})", r"\1[hidden]"),
    # A signed link to a receipt needs no token: its signature is one.
    (r"(?i:([?&](?:x-amz-)?(?:signature|security-token|credential)=))[^\s&\"'<>]+", r"\1[hidden]"),
    # Stripe's hosted page and the buyer's page: whoever holds the address may act as the buyer.
    (r"(checkout\.stripe\.com|/pay)/[^\s\"'<>\\]+", r"\1/[hidden]"),
    (rf"{_LOCAL}(?:@|%40)(?:{_DOMAIN}\.{_LAST_LABEL}|localhost)", "[email]"),
)
_COMPILED: Final = tuple((re.compile(pattern, re.DOTALL), replacement) for pattern, replacement in _RULES)

# Something of each rule, so that the ordinary text is looked at once, briefly (a UUID in a microsecond).
_MARKS: Final = re.compile(r"@|%40|k_(?:test|live)_|whsec_|_secret_|eyJ|stripe\.com/|/pay/|-----BEGIN|[0-9 -]{13}")
_WORDS: Final = re.compile(
    r"bearer|authorization|cookie|passw|pwd|passphrase|secret|api_?key|token|signature|credential", re.IGNORECASE
)
_BETWEEN_WORD_AND_SECRET: Final = re.compile(r"[ =:+,]")


def redact_text(text: str) -> str:
    """Replace card numbers, keys, tokens, passwords, pay links and e-mail addresses, and keep everything else."""
    if not (_MARKS.search(text) or (_BETWEEN_WORD_AND_SECRET.search(text) and _WORDS.search(text))):
        return text
    for pattern, replacement in _COMPILED:
        text = pattern.sub(replacement, text)
    return mask_card_numbers(text)
