"""Which engine draws pages."""

import logging
from collections.abc import Callable
from importlib.metadata import version
from typing import Final

from gateways.paper.skeleton import Skeleton

#: Versions of xhtml2pdf whose inside is as `layouts` knows it. The tests compare both engines; widen it after them.
KNOWN: Final = frozenset({"0.2.28"})
_log: Final = logging.getLogger(__name__)


def engine(installed: str | None = None) -> Callable[[Skeleton], bytes]:
    """The fastest one that fits an xhtml2pdf, by default the one that is installed.

    xhtml2pdf is loaded here and not before: processes that print nothing do not pay for it.
    """
    found = installed or version("xhtml2pdf")
    if found not in KNOWN:
        _log.warning("paper.slow_engine: xhtml2pdf %s is not known inside; pages are drawn at its own speed", found)
        from gateways.paper.stock import draw  # noqa: PLC0415 see above

        return draw
    from gateways.paper.layouts import Layouts  # noqa: PLC0415 see above

    return Layouts().draw
