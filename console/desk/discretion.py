"""What of a record is nobody's business at the desk: addresses, telephone numbers, and what one can pay with.

What producers write is misspelled at times, so names are compared without regard to case, dashes and underscores, and
texts are searched whatever their name is. Ids, amounts and times stay: they are what an operator works with.
"""

import re
from typing import Any, Final

#: What stands for what is hidden.
VEIL: Final = "•••"

_HIDDEN: Final = frozenset(
    """
    name firstname lastname fullname buyername makername line1 line2 postalcode clientsecret url ip successurl cancelurl
    returnurl receipturl
    """.split()
)
#: Whatever else the name says: `buyerEmail`, `phone_2`.
_HIDDEN_WITH: Final = ("email", "phone")
_MARKS: Final = re.compile("[^a-z0-9]+")
# From the beginning of a word, so that a long one without an @ is searched once.
_ADDRESS: Final = re.compile(r"(?<![^\s@\"'<>:,;])[^\s@\"'<>:,;]+@(?=[^\s@\"'<>:,;]+)")
_PHONE: Final = re.compile(
    r"""
    (?: (?<![0-9])\+[1-9]                         # +49 …
      | (?<![\w.+:/-])\(?0[0-9]{2,5}\)?(?=[ /-])  # 0049 …, 030 …, (030) …: no date, no time, no id
      | (?<![\w.+:/-])\([2-9][0-9]{2}\)           # (212) …
    ) (?:[ ()./-]{0,3}[0-9]){6,14} (?![0-9])
    """,
    re.VERBOSE,
)
#: In what is no JSON: a name in quotes, and what stands behind its colon.
_FIELD: Final = re.compile(r"(\"(?P<name>[^\"\\]{1,64})\"\s{0,20}:\s{0,20})(?:\"[^\"]*\"?|[^\s\",}\]\[{]+)")


def discreet(value: Any, name: str = "") -> Any:
    """The same without what is nobody's business here.

    Args:
        value: what was read from JSON; anything else stays as it is.
        name: the field's. What stands within a hidden one is hidden too.
    """
    if isinstance(value, dict):
        return {discreet_text(str(key)): discreet(one, within(name, str(key))) for key, one in value.items()}
    if isinstance(value, list):
        return [discreet(one, name) for one in value]
    if value and not isinstance(value, bool) and is_hidden(name):
        return VEIL
    return discreet_text(value, name) if isinstance(value, str) else value


def within(name: str, key: str) -> str:
    """The name that decides over a field of a field."""
    return name if is_hidden(name) else key


def discreet_text(text: str, name: str = "") -> str:
    """A text without addresses and telephone numbers, as far as they can be told from ids."""
    text = _ADDRESS.sub(f"{VEIL}@", text)
    return text if folded(name).endswith("id") else _PHONE.sub(VEIL, text)


def discreet_source(text: str) -> str:
    """The same of a text that may be meant as JSON, and is none."""
    return discreet_text(_FIELD.sub(_veiled_field, text))


def is_hidden(name: str) -> bool:
    """Whether what is called so is hidden whatever it is."""
    plain = folded(name)
    return plain in _HIDDEN or any(part in plain for part in _HIDDEN_WITH)


def folded(name: str) -> str:
    """A name without what people write differently."""
    return _MARKS.sub("", name.lower())


def _veiled_field(field: re.Match[str]) -> str:
    return f'{field[1]}"{VEIL}"' if is_hidden(field["name"]) else field[0]
