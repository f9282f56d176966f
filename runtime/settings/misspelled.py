"""Finds variables that look like ours and are not."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Final

#: At 0.85 one wrong or missing letter in twelve is found, and DATABASE_URL is not taken for TEST_DATABASE_URL.
_LIKENESS: Final = 0.85


def misspelled(environ: Mapping[str, str], known: Collection[str]) -> Iterator[str]:
    """One sentence for each variable that is probably a misspelling of one of ours, in order of name."""
    taken = {*known, *(f"{name}_FILE" for name in known)}
    firsts = {name.partition("_")[0] for name in known}
    for name in sorted(environ):
        spelled = name.upper()
        if name in taken or not difflib.get_close_matches(spelled.partition("_")[0], firsts, 1, 0.75):
            continue
        close = difflib.get_close_matches(spelled, sorted(taken), 1, _LIKENESS)
        if close:
            yield f"{name} is no variable of Gavelpay; is {close[0]} meant?"
