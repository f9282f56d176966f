"""Messages as they may be shown, and corrected by who may not see all of them."""

import difflib
from typing import Any, Final

import orjson

from console.desk.discretion import VEIL, discreet, discreet_source, discreet_text, folded, within
from domain.messaging import DeadLetter
from domain.unreadable import Unreadable

_CONTEXT: Final = 2


class NothingBehind(ValueError):
    """A veil stands where nothing was hidden."""


def shown(message: bytes | Unreadable | None) -> str:
    """A message as text, without addresses and telephone numbers."""
    if message is None:
        return ""
    if isinstance(message, Unreadable):
        return f"No key of ours opens it: {message.why}"
    try:
        return pretty(discreet(orjson.loads(message)))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):  # no JSON, or too deep to be drawn
        return discreet_source(message.decode(errors="replace"))


def pretty(document: Any) -> str:
    """JSON as people read it."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2, default=repr).decode()


def lifted(written: Any, original: Any, name: str = "") -> Any:
    """What was written, with what stood behind each veil that is still there.

    A field that was renamed keeps what stood behind it: misspelled names are what is corrected most.

    Args:
        written: what somebody has written.
        original: what it was made of.
        name: the field's.

    Raises:
        NothingBehind: a veil where nothing was hidden, or beside which something was written.
    """
    if isinstance(written, dict):
        known = original if isinstance(original, dict) else {}
        gone = {key: was for key, was in known.items() if key not in written}
        return {
            _plain(key): lifted(
                value, known[key] if key in known else _renamed(key, value, gone, name), within(name, key)
            )
            for key, value in written.items()
        }
    if isinstance(written, list):
        known_list = original if isinstance(original, list) else []
        behind = [*known_list, *[None] * len(written)]
        return [lifted(value, was, name) for value, was in zip(written, behind, strict=False)]
    if not isinstance(written, str) or VEIL not in written:
        return written
    if original is None or written not in (VEIL, discreet(original, name)):
        raise NothingBehind(VEIL)
    return original


def _renamed(key: str, value: Any, gone: dict[str, Any], name: str) -> Any:
    """What stood under the name that this one replaces, where there is no doubt; None otherwise."""
    found = {was: behind for was, behind in gone.items() if discreet(behind, within(name, was)) == value}
    alike = [behind for was, behind in found.items() if folded(was) == folded(key)] or list(found.values())
    return alike[0] if len(alike) == 1 else None


def _plain(key: str) -> str:
    if VEIL in key:
        raise NothingBehind(VEIL)
    return key


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """The lines that differ, with some around them: each with `+`, `-`, `…` or a blank before it."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=_CONTEXT)
    found = [("…", "") if line.startswith("@@") else (line[:1], line[1:]) for line in list(lines)[2:]]
    return found[1:] if found and found[0][0] == "…" else found


def about(letter: DeadLetter) -> str:
    """What it is about, as far as it says so."""
    try:
        said = orjson.loads(letter.message) if isinstance(letter.message, bytes) else None
    except orjson.JSONDecodeError:
        return "no message that can be read"
    if not isinstance(said, dict):
        return "no message that can be read"
    kwargs = said.get("kwargs")
    if isinstance(kwargs, dict) and isinstance(kwargs.get("auction_id"), str | int):
        return f"auction {discreet_text(str(kwargs['auction_id'])[:60], 'auction_id')}"
    for name, word in (("event_id", "event"), ("notice_id", "notice"), ("receipt_id", "receipt")):
        if isinstance(said.get(name), str | int):
            return f"{word} {str(said[name])[-8:]}"
    return ""
