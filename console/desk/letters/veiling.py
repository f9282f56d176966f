"""Messages as they may be shown, and corrected by who may not see all of them."""

import difflib
import re
from typing import Any, Final

import orjson

from console.desk import raw
from domain.messaging import DeadLetter
from domain.unreadable import Unreadable

#: What stands for what is hidden.
VEIL: Final = "•••"
_ADDRESS: Final = re.compile(r"[^\s@\"'<>:,;]+@(?=[^\s@\"'<>:,;]+)")
_CONTEXT: Final = 2


class NothingBehind(ValueError):
    """A veil stands where nothing was hidden."""


def shown(message: bytes | Unreadable | None) -> str:
    """A message as text, without addresses."""
    if message is None:
        return ""
    if isinstance(message, Unreadable):
        return f"No key of ours opens it: {message.why}"
    try:
        return pretty(raw.discreet(orjson.loads(message)))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):  # no JSON, or too deep to be drawn
        return _ADDRESS.sub(f"{VEIL}@", message.decode(errors="replace"))


def pretty(document: Any) -> str:
    """JSON as people read it."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2, default=repr).decode()


def lifted(written: Any, original: Any) -> Any:
    """What was written, with what stood behind each veil that is still there.

    Raises:
        NothingBehind: a veil where nothing was hidden.
    """
    if isinstance(written, dict):
        known = original if isinstance(original, dict) else {}
        return {name: lifted(value, known.get(name)) for name, value in written.items()}
    if isinstance(written, list):
        known_list = original if isinstance(original, list) else []
        return [lifted(value, known_list[at] if at < len(known_list) else None) for at, value in enumerate(written)]
    if written == VEIL:
        if original is None:
            raise NothingBehind(VEIL)
        return original
    return written


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
        return f"auction {str(kwargs['auction_id'])[:60]}"
    for name, word in (("event_id", "event"), ("notice_id", "notice"), ("receipt_id", "receipt")):
        if isinstance(said.get(name), str | int):
            return f"{word} {str(said[name])[-8:]}"
    return ""
