"""The lifecycle as a picture: a line for each state, an arrow for each move, made from the table that the code obeys.

An SVG file of our own, so that no page needs a script to draw it: not the site, nor the repository, nor paper.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from domain.lifecycle import FINAL, TRANSITIONS, Status

#: Between two states' lines, between two arrows, and around all of it, in pixels.
_COLUMN: Final = 164
_ROW: Final = 46
_MARGIN: Final = 20
#: A state's box.
_WIDTH: Final = 116
_HEIGHT: Final = 34
#: What a letter of a label takes, at most, so that no label leaves the picture.
_LETTER: Final = 7.2
_STYLE: Final = """
  .paper { fill: #ffffff } .box { fill: #eef3f8; stroke: #33475b } .final { fill: #e6f2ea }
  .life { stroke: #b5c0cb; stroke-dasharray: 3 4 } .move { stroke: #0b5cad; stroke-width: 1.6 }
  .tip, .mark { fill: #0b5cad } .end { fill: #33475b }
  text { font: 12px ui-monospace, monospace; fill: #1c2430; text-anchor: middle }
  .name { font-weight: 600; font-size: 13px } .label { paint-order: stroke; stroke: #ffffff; stroke-width: 5px }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #12161c } .box { fill: #1f2a36; stroke: #9fb3c8 } .final { fill: #1d3328 }
    .life { stroke: #47545f } .move { stroke: #7db8f5 } .tip, .mark { fill: #7db8f5 } .end { fill: #9fb3c8 }
    text { fill: #e9edf2 } .label { stroke: #12161c }
  }
"""


def picture() -> str:
    """The whole file."""
    moves = _moves()
    states = sorted(Status, key=lambda status: status in FINAL)
    across = {status: _MARGIN + _WIDTH / 2 + _COLUMN * place for place, status in enumerate(states)}
    width = 2 * _MARGIN + _WIDTH + _COLUMN * (len(states) - 1)
    bottom = _MARGIN + _HEIGHT + _ROW * (len(moves) + 1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + _MARGIN}" role="img">',
        f"<title>The life of a payment</title><desc>{_told(moves)}</desc><style>{_STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{bottom + _MARGIN}"/>',
        *(line for status in states for line in _state(status, across[status], bottom)),
    ]
    for row, ((state, to), triggers) in enumerate(moves.items(), start=1):
        lines += _move(across[state], across[to], _MARGIN + _HEIGHT + _ROW * row, " · ".join(triggers), width)
    return "\n".join([*lines, "</svg>", ""])


def _moves() -> dict[tuple[Status, Status], list[str]]:
    """What leads from one state to another, in the order of the table; repeats that change nothing are none."""
    moves: dict[tuple[Status, Status], list[str]] = {}
    for (state, trigger), rule in TRANSITIONS.items():
        if rule.to is not state:
            moves.setdefault((state, rule.to), []).append(trigger)
    return moves


def _told(moves: dict[tuple[Status, Status], list[str]]) -> str:
    return escape("; ".join(f"{state} to {to}: {', '.join(triggers)}" for (state, to), triggers in moves.items()))


def _state(status: Status, x: float, bottom: float) -> Iterator[str]:
    """Its box and its line; a mark at the end of the line where nothing leads away from it."""
    left, kind = x - _WIDTH / 2, "box final" if status in FINAL else "box"
    yield f'<line class="life" x1="{x:g}" x2="{x:g}" y1="{_MARGIN + _HEIGHT}" y2="{bottom:g}"/>'
    yield f'<rect class="{kind}" x="{left:g}" y="{_MARGIN}" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>'
    yield f'<text class="name" x="{x:g}" y="{_MARGIN + _HEIGHT / 2 + 5:g}">{escape(status)}</text>'
    if not any(state is status for state, _ in _moves()):
        yield f'<rect class="end" x="{x - 14:g}" y="{bottom - 3:g}" width="28" height="4"/>'


def _move(begin: float, end: float, y: float, label: str, width: float) -> Iterator[str]:
    """An arrow with its label above it."""
    back = 9 if end > begin else -9
    half = len(label) * _LETTER / 2 + _MARGIN / 2
    x = min(max((begin + end) / 2, half), width - half)
    yield f'<line class="move" x1="{begin:g}" x2="{end - back:g}" y1="{y:g}" y2="{y:g}"/>'
    yield f'<circle class="mark" cx="{begin:g}" cy="{y:g}" r="3.5"/>'
    yield f'<path class="tip" d="M{end:g} {y:g}l{-back} -5v10z"/>'
    yield f'<text class="label" x="{x:g}" y="{y - 8:g}">{escape(label)}</text>'
