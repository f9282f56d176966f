"""Every environment variable, from the declarations that also read them."""

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import groupby
from typing import Final

from cli.reference.tables import table
from runtime.settings import Settings, Variable, describe

_HEAD: Final = """# Settings

All of them are environment variables, read once when a process starts. A missing or wrong one stops it there, and
every problem is named at once. `gavelpay doctor` reads them the same way, and tries what they lead to.

- **From a file.** For each variable `NAME` there is `NAME_FILE`: the path of a file that holds the value, such as a
  mounted secret. Set one of the two.
- **Blank** is the same as not set.
- **Misspelled** names that look like ours are warned of at the start.
- **Under `gavelpay run`** nothing is required: what is not set is started or made on this machine.
- **Required** variables of which one will do stand beside each other: `BROKER_URL` or `REDIS_URL`, `AUTH_JWT_SECRET`
  or `AUTH_JWKS_URL`. `cli` is every command beside a running system; what else one needs, it says.
- **The same everywhere.** All processes of one system must have the same values, but for a while during a
  [rotation](../how-to/rotate-keys.md).

Libraries read variables of their own, such as boto3 those of Amazon (`AWS_DEFAULT_REGION`, `AWS_PROFILE`, …).
`HTTPS_PROXY` and its like are **not** used for Stripe, nor for webhooks to your own services: both are asked directly.
Where a proxy is the only way out, allow the machine to reach `api.stripe.com` on port 443.

Made from `runtime/settings/` by `python -m cli.reference`.
"""
#: Numbers, lists, addresses and names; words are words.
_WRITTEN: Final = re.compile(r"(?!off$)[\w.:/\[\],-]+")
_TITLES: Final = {
    "database": "Database",
    "redis": "Redis and the broker",
    "stripe": "Stripe",
    "standard": "The standard policy",
    "instant": "The instant policy",
    "windows": "Windows",
    "money": "Fees and care",
    "checkout": "The buyer's way",
    "house": "The house",
    "receipts": "Receipts",
    "mail": "Mail and text messages",
    "events": "Outgoing events",
    "analytics": "Analytics",
    "retention": "How long what is over is kept",
    "auth": "Who may call",
    "crypto": "Encryption at rest",
    "crash_reports": "Crash reports",
    "traces": "Traces",
}


def page() -> str:
    """The whole page, in Markdown."""
    parts = groupby(describe(), lambda variable: variable.topic)
    return "\n".join([_HEAD, *(line for topic, variables in parts for line in _part(topic, list(variables)))])


def _part(topic: str, variables: Sequence[Variable]) -> Iterator[str]:
    about = inspect.getdoc(next(field.type for field in fields(Settings) if field.name == topic)) or ""
    yield from (f"## {_TITLES[topic]}", "", about, "")
    yield from table(("variable", "what it is", "default", "form", "required by"), map(_row, variables))


def _row(variable: Variable) -> tuple[str, ...]:
    by = ", ".join(f"`{role}`" for role in variable.required_by)
    return (f"`{variable.name}`", variable.meaning, _default(variable), variable.form, by)


def _default(variable: Variable) -> str:
    """As it would be written; in words where it is in words."""
    return f"`{variable.default}`" if _WRITTEN.fullmatch(variable.default) else variable.default
