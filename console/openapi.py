"""What `/openapi.json` says beyond what the framework finds out by itself."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI

from console.api.examples import EXAMPLES
from console.problems import MEDIA_TYPE, ProblemDetails

#: The framework's own way to answer wrong fields, which is not ours.
_FOREIGN: Final = ("HTTPValidationError", "ValidationError")


def describe(api: FastAPI) -> None:
    """Have the description name our problems, and no error that is never answered."""
    generate = api.openapi

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            _complete(generate())
        return generate()

    api.openapi = openapi  # type: ignore[method-assign]


def _complete(whole: dict[str, Any]) -> None:
    for operation in _operations(whole):
        content = operation["responses"].get("422", {}).get("content", {MEDIA_TYPE: {}})
        if MEDIA_TYPE not in content:
            del operation["responses"]["422"]
        for answer in operation["responses"].values():
            _exemplify(answer.get("content", {}).get("application/json", {}))
    schemas = whole["components"]["schemas"]
    for name in _FOREIGN:
        schemas.pop(name, None)
    problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}), ProblemDetails=problem)


def _exemplify(content: dict[str, Any]) -> None:
    """Show an example of what is answered, where it is an object that we have one of."""
    schema = content.get("schema", {})
    if "$ref" in schema:
        # The framework takes what a response class of ours answers for a text.
        schema.pop("type", None)
    name = schema.get("$ref", "").rpartition("/")[2]
    if name in EXAMPLES:
        content["example"] = EXAMPLES[name]


def _operations(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for verbs in whole["paths"].values():
        yield from verbs.values()
