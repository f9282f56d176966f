"""The places on the page and how much each holds: the columns of the template, in points.

Whatever the house, the auction service or a buyer has written, it ends here: the page holds all of it, and is one page.
"""

from typing import Final

from gateways.paper.fitting import Room

#: Between the margins.
_PAGE: Final = 483.0
#: Between neighbouring columns.
_GAP: Final = 12.0
_SMALL: Final = 8.5
_LARGE: Final = 12.0

HOUSE: Final = Room(_PAGE * 0.6 - _GAP, size=_LARGE, bold=True, lines=2)
HOUSE_LINE: Final = Room(_PAGE * 0.6 - _GAP, size=_SMALL, lines=2)
#: More than any postal address has.
HOUSE_LINES: Final = 8
NUMBER: Final = Room(_PAGE * 0.4)
BUYER: Final = Room(_PAGE * 0.36 - _GAP, lines=2)
MAKER: Final = Room(_PAGE * 0.34 - _GAP, lines=2)
DATE: Final = Room(_PAGE * 0.3)
LOT: Final = Room(_PAGE * 0.12 - _GAP / 2, lines=2)
TITLE: Final = Room(_PAGE * 0.62 - _GAP, lines=3)
CAUSE: Final = Room(_PAGE * 0.62 - _GAP, size=_SMALL, lines=2)
AMOUNT: Final = Room(_PAGE * 0.26)
TOTAL: Final = Room(_PAGE * 0.26, size=_LARGE, bold=True)
STATE: Final = Room(_PAGE * 0.56 - _GAP, bold=True)
METHOD: Final = Room(_PAGE * 0.56 - _GAP, lines=2, at_pauses=True)
REFERENCE: Final = Room(_PAGE * 0.44)
SESSION: Final = Room(_PAGE * 0.44, size=_SMALL)
NOTE: Final = Room(_PAGE, size=_SMALL, lines=3, at_pauses=True)
