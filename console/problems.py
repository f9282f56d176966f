"""Errors as problem details (RFC 9457), each with a stable `code` for programs and a sentence for people."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from console.exact_json import printable, write

MEDIA_TYPE: Final = "application/problem+json"
#: Pairs of field and reason.
FieldProblems = Sequence[tuple[str, str]]


class Problem(Exception):
    """An answer that is an error.

    Args:
        status: HTTP's.
        code: a stable word.
        detail: a sentence for whoever reads the client's log; it holds no secret and nothing of other payments.
        fields: what is wrong with each field, where fields are wrong.
        headers: such as `Retry-After`.
        reference: what a person may tell us, so that we find it in the logs.
        of_others: the payment that is there, and is not the caller's. Not told.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        fields: FieldProblems = (),
        headers: Mapping[str, str] | None = None,
        reference: str | None = None,
        of_others: UUID | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = fields
        self.headers = headers
        self.reference = reference
        self.of_others = of_others

    def document(self) -> dict[str, Any]:
        """Its JSON."""
        errors = [{"field": printable(field), "reason": printable(reason)} for field, reason in self.fields]
        whole = {
            "type": f"urn:gavelpay:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": printable(self.detail),
        }
        return whole | ({"errors": errors} if errors else {})

    def response(self) -> Response:
        """Its answer."""
        return Response(write(self.document()), self.status, self.headers, MEDIA_TYPE)


def not_found(*, of_others: UUID | None = None) -> Problem:
    """The one answer for what does not exist and for what belongs to others: nobody learns which of the two.

    Args:
        of_others: the payment that belongs to others: for our own books, which keep that somebody asked for it.
    """
    return Problem(404, "not_found", "There is no such payment.", of_others=of_others)


def wrong(fields: FieldProblems) -> Problem:
    """The answer to a request whose fields are wrong."""
    return Problem(422, "invalid_request", "The request has fields that are wrong.", fields=fields)


def sentence(error: Exception) -> str:
    """What an error of ours says, as a sentence."""
    text = str(error) or type(error).__name__
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    reason: str


class ProblemDetails(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:gavelpay:problem:not_found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(description="Stable; for programs.", examples=["not_found"])
    detail: str = Field(examples=["There is no such payment."])
    errors: list[FieldProblem] | None = Field(None, description="Every field that is wrong, at once.")


_MEANINGS: Final = {
    400: "The body is no JSON object.",
    401: "The token is missing or proves nobody.",
    403: "The token's role may not do this.",
    404: "There is no such payment, or it is somebody else's.",
    409: "It contradicts what is there already; `code` says what.",
    413: "The body is larger than 64 KB.",
    415: "The body is not declared as JSON.",
    422: "Fields are wrong, every one is named; or the rules forbid it.",
    429: "The caller asks too often. Ask again after `Retry-After`.",
    503: "The database, or the issuer of tokens, is away. Ask again after `Retry-After`.",
}


Responses = dict[int | str, dict[str, Any]]


#: What each status is answered for, where an endpoint names no codes of its own.
_CODES: Final[Mapping[int, Sequence[str]]] = {
    400: ("malformed_json",),
    401: ("token_missing", "token_expired", "token_bad_signature"),
    403: ("role_not_permitted",),
    404: ("not_found",),
    413: ("body_too_large",),
    415: ("not_json",),
    422: ("invalid_request",),
    429: ("too_many_requests",),
    503: ("database_unavailable", "token_keys_unavailable"),
}


def documented(
    *statuses: int, ok: type[BaseModel] | None = None, codes: Mapping[int, Sequence[str]] | None = None
) -> Responses:
    """The responses of an endpoint, for its documentation.

    Args:
        statuses: of its problems, beside those that every endpoint has.
        ok: what it answers with 200.
        codes: the codes of its problems by status, where they are its own.
    """
    answers: Responses = {200: {"model": ok}} if ok else {}
    named = {**_CODES, **(codes or {})}
    return answers | {
        status: _documented(status, named.get(status, ())) for status in sorted({401, 429, 503, *statuses})
    }


def documented_problem(status: int) -> Responses:
    """One problem, for endpoints that need no token."""
    return {status: _documented(status, _CODES[status])}


def _documented(status: int, codes: Sequence[str]) -> dict[str, Any]:
    examples = {code: {"value": _example(status, code)} for code in map(str, codes)}
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    content = {MEDIA_TYPE: {"schema": schema, "examples": examples} if examples else {"schema": schema}}
    return {"description": _MEANINGS[status], "content": content}


def _example(status: int, code: str) -> dict[str, Any]:
    fields = [("amount", "must be a number such as 275.5")] if code == "invalid_request" else ()
    return Problem(status, code, _MEANINGS[status], fields=fields).document()
