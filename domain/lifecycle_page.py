"""The lifecycle as a page for people: a diagram and a table, made from the one table that the code obeys.

`python -m domain.lifecycle_page > docs/lifecycle.md` writes it anew; a test compares.
"""

import sys
from collections.abc import Iterator
from typing import Final

from domain.lifecycle import TRANSITIONS, Status, Trigger

#: What each state waits for, and who moves it next.
MOVED_BY: Final = {
    Status.PENDING: ("its checkout opens, or the buyer is awaited", "Stripe's events, the window's end, a person"),
    Status.PROCESSING: (
        "money is on its way, or has come and is held",
        "Stripe's events, an operator; never the clock",
    ),
    Status.COMPLETED: ("paid", "nobody; refunds and disputes are told by its transactions"),
    Status.FAILED: ("the bank declined; the page stays open", "the buyer, the next retry, the window's end, a person"),
    Status.EXPIRED: ("the window ended unpaid, the lot is reopened", "nobody, unless late money is honored"),
    Status.CANCELED: ("an operator ended it", "nobody"),
}


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([*_head(), *_diagram(), *_states(), *_moves(), *_repeats(), *_refused()]) + "\n"


def _head() -> Iterator[str]:
    yield "# The life of a payment"
    yield ""
    yield "Generated from `domain/lifecycle.py`; do not edit. One table of `(state, trigger) → state`, one writer of"
    yield "`status`. What the table does not list is refused."
    yield ""


def _diagram() -> Iterator[str]:
    yield "![A line for each state, and an arrow for each move](pictures/lifecycle.svg)"
    yield ""


def _states() -> Iterator[str]:
    yield "## States"
    yield ""
    yield "| state | what it means | who moves it next |"
    yield "|---|---|---|"
    for status, (meaning, mover) in MOVED_BY.items():
        yield f"| `{status}` | {meaning} | {mover} |"
    yield ""


def _moves() -> Iterator[str]:
    yield "## Moves"
    yield ""
    yield "| from | what happened | to | why |"
    yield "|---|---|---|---|"
    for (state, trigger), rule in TRANSITIONS.items():
        if rule.to is not state:
            yield f"| `{state}` | `{trigger}` | `{rule.to}` | {rule.why} |"
    yield ""


def _repeats() -> Iterator[str]:
    yield "## What changes nothing, and why it may come"
    yield ""
    yield "| state | what happened | why it may come |"
    yield "|---|---|---|"
    for (state, trigger), rule in TRANSITIONS.items():
        if rule.to is state:
            yield f"| `{state}` | `{trigger}` | {rule.why} |"
    yield ""


def _refused() -> Iterator[str]:
    yield "## What is refused"
    yield ""
    for status in Status:
        refused = [f"`{trigger}`" for trigger in Trigger if (status, trigger) not in TRANSITIONS]
        yield f"- `{status}`: {', '.join(refused) or 'nothing'}"


if __name__ == "__main__":  # pragma: no cover - the page itself is tested
    sys.stdout.write(page())
