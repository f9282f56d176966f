"""Libraries that not everybody installs."""

from importlib import import_module
from typing import Any

from domain.errors import PermanentError


class LibraryMissing(PermanentError):
    """A setting asks for a library that is not installed."""

    code = "library_missing"


def extra(variable: str, packages: str, *modules: str) -> list[Any]:
    """Import the modules of an extra that a variable asks for.

    Raises:
        LibraryMissing: one of them is not there.
    """
    try:
        return [import_module(module) for module in modules]
    except ImportError:
        raise LibraryMissing(f"{variable} is set, and what it needs is not there: pip install {packages}") from None
