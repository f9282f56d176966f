"""The API's documentation as a page, made of what `/openapi.json` says. It needs no script and no other host."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request, Response
from markupsafe import Markup, escape

from console.pages.rendering import html

router = APIRouter(include_in_schema=False)

_VERBS: Final = ("get", "post", "put", "patch", "delete")


@router.get("/docs")
async def documentation(request: Request) -> Response:
    """Every endpoint."""
    whole = request.app.openapi()
    info = whole["info"]
    about = [_marked(paragraph) for paragraph in info["description"].split("\n\n")]
    operations = list(_operations(whole))
    return html("documentation.html", language="en", info=info, about=about, operations=operations)


def _operations(whole: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path, verbs in whole["paths"].items():
        for verb, operation in verbs.items():
            if verb not in _VERBS:
                continue
            schema = _body(operation)
            yield {
                "anchor": operation["operationId"],
                "verb": verb.upper(),
                "path": path,
                "summary": operation["summary"],
                "description": _marked(operation.get("description", "")),
                "parameters": [_parameter(one) for one in operation.get("parameters", ())],
                "fields": [_field(name, one, schema) for name, one in schema.get("properties", {}).items()],
                "example": _example(schema),
                "answers": [(status, _marked(one["description"])) for status, one in operation["responses"].items()],
            }


def _body(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    schema: Mapping[str, Any] = content.get("application/json", {}).get("schema", {})
    return schema


def _parameter(parameter: Mapping[str, Any]) -> tuple[str, Markup]:
    need = "required" if parameter.get("required") else "optional"
    return parameter["name"], _marked(". ".join(filter(None, (need, parameter.get("description")))))


def _field(name: str, field: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str, Markup]:
    kinds = [field.get("type"), *(one.get("type") for one in field.get("anyOf", ()))]
    kind = next((one for one in kinds if one and one != "null"), "")
    need = "required" if name in schema.get("required", ()) else "optional"
    return name, _marked(". ".join(filter(None, (f"{kind}, {need}", field.get("description")))))


def _marked(text: str) -> Markup:
    """Text in which `this` is code."""
    pieces = [escape(piece) for piece in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else piece for number, piece in enumerate(pieces)
    )


def _example(schema: Mapping[str, Any]) -> str | None:
    example = {name: one["examples"][0] for name, one in schema.get("properties", {}).items() if one.get("examples")}
    return orjson.dumps(example, option=orjson.OPT_INDENT_2).decode() if example else None
