"""Requests that may be repeated: with an `Idempotency-Key`, a repeat gets the first answer and does nothing."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Header, Response

from console.exact_json import Number
from console.problems import MEDIA_TYPE, Problem
from console.responses import Json
from models.unit_of_work import Begin
from runtime.app import App
from runtime.tokens import Caller
from services.answer_once import Answer, NotAnswered, Why

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,255}$",
        description="Chosen by the caller for this one request, such as a UUID. A repeat under it gets the first "
        "answer, marked `Idempotent-Replayed`. Remembered for 72 hours.",
        examples=["0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11"],
    ),
]
_DETAILS: Final[Mapping[Why, str]] = {
    Why.OTHER_REQUEST: "This key came with another request before; give each request a key of its own.",
    Why.IN_PROGRESS: "The same request is being worked on; ask again.",
    Why.ANSWER_LOST: "This was done, or refused, and its answer was lost. Look at the payment before asking anew.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what, under which key."""

    caller: Caller
    key: str | None
    #: What is asked, and of which payment.
    what: str
    body: Mapping[str, Any]

    @property
    def actor(self) -> str:
        """Who asks, as the audit trail has it."""
        return f"{self.caller.role}:{self.caller.subject}"

    @property
    def fingerprint(self) -> bytes:
        """The same for the same request alone."""
        text = json.dumps([self.what, self.body], sort_keys=True, default=_written)
        return hashlib.sha256(text.encode()).digest()


def once(app: App, asked: Asked, do: Callable[[Begin], Json]) -> Response:
    """Do it, or repeat what was answered.

    Args:
        app: the use cases.
        asked: the request.
        do: does it in one unit of work of the `Begin` that it is given. A `Problem` that it raises is an answer too.
    """
    if asked.key is None:
        return do(app.store.begin)

    def answered(begin: Begin) -> Answer:
        try:
            response: Response = do(begin)
        except Problem as problem:
            response = problem.response()
        return Answer(response.status_code, bytes(response.body).decode())

    try:
        answer = app.answer_once(asked.actor, asked.key, asked.fingerprint, answered)
    except NotAnswered as error:
        raise _unanswered(error.why) from None
    media_type = MEDIA_TYPE if answer.status >= 400 else Json.media_type  # noqa: PLR2004
    headers = {"Idempotent-Replayed": "true"} if answer.is_repeat else None
    return Response(answer.body, answer.status, headers, media_type)


def _unanswered(why: Why) -> Problem:
    headers = {"Retry-After": "1"} if why is Why.IN_PROGRESS else None
    return Problem(422 if why is Why.OTHER_REQUEST else 409, why, _DETAILS[why], headers=headers)


def _written(value: Any) -> str:
    """A number as it was written."""
    return value.text if isinstance(value, Number) else str(value)
