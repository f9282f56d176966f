"""Connections whose every answer is bounded in time, and which are not trusted after a long rest.

urllib3 bounds each read, so a server that sends a byte now and then could hold a worker for ever: here a whole answer
has one deadline. And it looks whether a kept connection was closed before it uses it again; but a close that is on its
way just then shows as a lost reply, an unknown outcome. Servers close what has rested long, so that is not used at all.
"""

import time
from typing import Final

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from gateways.bounded import BoundedResponse

#: Seconds of rest after which a kept connection is replaced; servers and balancers wait 60 or more.
REST: Final = 25.0


class BoundedHTTPConnection(HTTPConnection):
    """A connection to reuse while it has not rested long."""

    response_class = BoundedResponse
    #: When it was last used, in seconds of the monotonic clock.
    used_at = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether it may be used again."""
        return super().is_connected and time.monotonic() - self.used_at < REST

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
        """The answer's head; its body is read right after."""
        self.used_at = time.monotonic()
        return super().getresponse()


class BoundedHTTPSConnection(BoundedHTTPConnection, HTTPSConnection):
    """The same, encrypted."""


class BoundedHTTPPool(urllib3.HTTPConnectionPool):
    """Keeps such connections."""

    ConnectionCls = BoundedHTTPConnection


class BoundedHTTPSPool(urllib3.HTTPSConnectionPool):
    """Keeps such connections."""

    ConnectionCls = BoundedHTTPSConnection
