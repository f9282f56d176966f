"""Time as an argument."""

from collections.abc import Callable
from datetime import datetime

#: Answers the current time as an aware UTC datetime. Only the composition root decides where it comes from.
Clock = Callable[[], datetime]
