"""Responses of exact JSON."""

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from console.exact_json import write


class Json(Response):
    """A response of exact JSON."""

    media_type = "application/json"

    def __init__(self, document: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(write(document), status_code, headers)
