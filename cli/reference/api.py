"""The HTTP API as a page, from its own description and from who is let in."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from cli.reference.tables import table
from console.app import ROUTERS
from console.callers import Only, authenticated
from console.openapi import describe

Operation = Mapping[str, Any]

_HEAD: Final = """# The HTTP API

Of the process `api`. How to call it, what may be repeated, how often: [Call the API](../how-to/call-the-api.md). The
same for programs is `/openapi.json`, and for reading beside your own server `/docs`.

JSON in camelCase. Amounts are numbers in major units, written exactly: `275.50`. Times are ISO 8601 in UTC. Errors
are problem details (RFC 9457) as `application/problem+json`, with a stable `code`.

`POST /payments/webhooks/stripe` belongs to the process `ingest`, and is for Stripe alone: 200 it is stored (repeats
too), 400 wrong signature or body, 413 larger than 256 KB, 503 it could not be stored. Every endpoint with a token may
answer 401 (`token_missing`, `token_expired`, `token_bad_signature` and their like), 429 `too_many_requests`, and 503.

The operator's console has [a page of its own](../console.md).

Made from `console/` by `python -m cli.reference`.
"""
_PROBLEM: Final = "application/problem+json"
#: Said once, above, of endpoints with a token.
_EVERYWHERE: Final = frozenset({"401", "429", "503"})


def page() -> str:
    """The whole page, in Markdown."""
    api = FastAPI(title="Gavelpay", generate_unique_id_function=lambda route: route.name)
    for router in ROUTERS:
        api.include_router(router)
    describe(api)
    whole, who = api.openapi(), _who()
    lines, tags = [_HEAD], dict.fromkeys(operation["tags"][0] for _, _, operation in _operations(whole))
    for tag in tags:
        lines += [f"## {tag}", ""]
        for verb, path, operation in _operations(whole):
            if operation["tags"][0] == tag:
                lines += _section(verb, path, operation, who[verb, path], whole["components"]["schemas"])
    return "\n".join(lines)


def _operations(whole: Operation) -> Iterator[tuple[str, str, Operation]]:
    for path, verbs in whole["paths"].items():
        for verb, operation in verbs.items():
            yield verb.upper(), path, operation


def _who() -> dict[tuple[str, str], str]:
    """Who is let in, by verb and path."""
    found = {}
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                found.update({(verb, route.path): _admitted(route) for verb in route.methods or ()})
    return found


def _admitted(route: APIRoute) -> str:
    asked = list(_calls(route.dependant))
    for one in asked:
        if isinstance(one, Only):
            return ", ".join(f"`{role}`" for role in one.roles)
    if authenticated in asked:
        return "`buyer` and `maker` for their own payments; `service`, `support`, `admin`, `auditor` for all"
    return "whoever has the link" if "{token}" in route.path else "everybody; no token is needed"


def _calls(dependant: Dependant) -> Iterator[Any]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)


def _section(verb: str, path: str, operation: Operation, who: str, schemas: Operation) -> Iterator[str]:
    summary = operation["summary"]
    yield from (f"### {verb} {path}", "", f"**{summary}{'' if summary.endswith('?') else '.'}** For {who}.", "")
    yield from (operation.get("description", ""), "")
    yield from table(("parameter", "in", "", ""), [_parameter(one) for one in operation.get("parameters", [])])
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    yield from table(("body", "type", ""), _body(_resolved(body, schemas)))
    yield from table(("answer", "", "`code`"), _answers(operation))
    yield from _example(operation)


def _parameter(one: Operation) -> tuple[str, ...]:
    required = "required" if one.get("required") and one["in"] != "path" else ""
    about = [one.get("description", ""), _type(one.get("schema", {})) if one["in"] == "query" else ""]
    return (f"`{one['name']}`", one["in"], required, " ".join(filter(None, about)))


def _resolved(schema: Operation, schemas: Operation) -> Operation:
    name = schema.get("$ref", "").rpartition("/")[2]
    resolved: Operation = schemas[name] if name else schema
    return resolved


def _body(schema: Operation) -> Iterator[tuple[str, ...]]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        about = ["Required." if name in required else "", field.get("description", "")]
        yield (f"`{name}`", _type(field), " ".join(filter(None, about)))


def _type(schema: Operation) -> str:
    """What a value may be, in a few words."""
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    form = schema.get("pattern") or schema.get("format")
    return f"{schema.get('type', 'any')}{f' `{form}`' if form else ''}"


def _answers(operation: Operation) -> Iterator[tuple[str, ...]]:
    for status, answer in sorted(operation["responses"].items()):
        if "security" not in operation or status not in _EVERYWHERE:
            codes = [f"`{code}`" for code in answer.get("content", {}).get(_PROBLEM, {}).get("examples", {})]
            meaning = "" if answer["description"] == "Successful Response" else answer["description"]
            yield (status, meaning, ", ".join(codes))


def _example(operation: Operation) -> Iterator[str]:
    for answer in operation["responses"].values():
        example = answer.get("content", {}).get("application/json", {}).get("example")
        if example is not None:
            yield from ("```json", orjson.dumps(example, option=orjson.OPT_INDENT_2).decode(), "```", "")
            return
