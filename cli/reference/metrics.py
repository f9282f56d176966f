"""Every metric that the code declares, read from the source: what is asked of the database has no registry to ask."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.reference.tables import table

_ROOT: Final = Path(__file__).parents[2]
_HEAD: Final = """# Metrics

Each process shows its metrics to Prometheus: `api` and `ingest` under `/metrics` of their port, `worker` on 9191,
`scheduler` on 9192, `gavelpay synthetic --every …` on 9193. The processes of one `worker --processes N` are one
target, and add up.

The alerts that stand on these metrics are in `deploy/prometheus/rules/`, and each has its page in `docs/runbooks/`.
The document's names with dots are these with underscores; `payments.checkout.success_rate` is the recording rule
`payments:checkout_success:ratio_rate15m`.

A counter ends in `_total`. A histogram has `_bucket`, `_sum` and `_count`. Labels have few values: never an id, a
name or an address. Beside these each process shows its CPU, memory and open files as `process_…`.

Made from the code by `python -m cli.reference`.
"""
#: Where metrics are declared, who shows them, and what must be known to add them up.
_PLACES: Final = (
    (
        "What happens",
        "`api`, `ingest` and `worker`, each what it did itself. Add them up over processes.",
        "runtime/metrics.py",
    ),
    (
        "How everything stands",
        "`scheduler`, which asks the database when it is asked. Take the largest of several, never the sum.",
        "runtime/gauges.py",
    ),
    (
        "How much work waits",
        "`scheduler`, in the same way. Promised is how old it may become.",
        "runtime/load.py",
    ),
    ("Months", "`scheduler`, for tables that are kept by the month. Take the largest.", "runtime/months.py"),
    ("PostgreSQL", "`scheduler`, from PostgreSQL's own statistics. Take the largest.", "runtime/server_gauges.py"),
    ("The scheduler", "`scheduler`. Where two run, one leads.", "scheduler/process.py"),
    (
        "Queues, work and processes of a pool",
        "`worker`. What begins with `payments_queue_` is asked of the broker, and the same from every pool.",
        "workers/metrics.py",
    ),
    ("The synthetic check", "`gavelpay synthetic --every SECONDS`.", "proof/synthetic.py"),
)
#: How the code that declares one is called, and what it declares; a pair in a table of its own is a gauge.
_KINDS: Final = {
    "Counter": "counter",
    "CounterMetricFamily": "counter",
    "_counter": "counter",
    "Histogram": "histogram",
}


@dataclass(frozen=True, slots=True)
class _Metric:
    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


def page() -> str:
    """The whole page, in Markdown."""
    lines = [_HEAD]
    for title, shown_by, file in _PLACES:
        found = {metric.name: metric for metric in declared(_ROOT / file)}
        lines += [f"## {title}", "", f"Shown by {shown_by}", ""]
        rows = [(f"`{one.name}`", one.kind, _listed(one.labels), one.meaning) for one in found.values()]
        lines += table(("metric", "kind", "by", "what it is"), rows)
    return "\n".join(lines)


def declared(path: Path) -> Iterator[_Metric]:
    """The metrics that a module declares: a name of ours and its meaning, side by side."""
    for node in ast.walk(ast.parse(path.read_text())):
        arguments = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
        texts = [_text(argument) for argument in arguments[:2]]
        match texts:
            case [str(name), str(meaning)] if name.startswith("payments_") and " " not in name:
                kind = _kind(node)
                base = name.removesuffix("_total")
                yield _Metric(base + "_total" if kind == "counter" else name, kind, _labels(node), meaning)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _kind(node: ast.AST) -> str:
    called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    return _KINDS.get(called, "gauge")


def _labels(node: ast.AST) -> tuple[str, ...]:
    if not isinstance(node, ast.Call):
        return ()
    lists = [*node.args[2:3], *(keyword.value for keyword in node.keywords if keyword.arg == "labels")]
    found = [_text(one) for listed in lists if isinstance(listed, ast.List) for one in listed.elts]
    return tuple(label for label in found if label is not None)


def _listed(labels: tuple[str, ...]) -> str:
    return ", ".join(f"`{label}`" for label in labels)
