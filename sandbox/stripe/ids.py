"""Ids that look like Stripe's."""

import random
from string import ascii_letters, digits
from typing import Final

ALPHABET: Final = (digits + ascii_letters).encode()
#: Any byte to a letter. A few letters come a little more often; nobody guesses ids here.
LETTERS: Final = bytes(ALPHABET[byte % len(ALPHABET)] for byte in range(256))
#: Prefix → what follows it, and how many random characters. Test-mode sessions say so in their ids.
SHAPES: Final[dict[str, tuple[str, int]]] = {
    "cs": ("cs_test_a1", 56),
    "evt": ("evt_3", 23),
    "pi": ("pi_3", 23),
    "ch": ("ch_3", 23),
    "py": ("py_3", 23),
    "txn": ("txn_3", 23),
    "re": ("re_3", 23),
    "acct": ("acct_1", 15),
    "cus": ("cus_", 14),
    "req": ("req_", 14),
    "whsec": ("whsec_", 32),
    "prod": ("prod_", 14),
}


def new_id(rng: random.Random, prefix: str) -> str:
    """A new id; unknown prefixes get Stripe's common shape."""
    head, length = SHAPES.get(prefix, (f"{prefix}_1", 23))
    return head + rng.randbytes(length).translate(LETTERS).decode()
