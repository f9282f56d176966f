"""What an expression of PromQL is about, as far as tests need to know."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Where metrics are declared.
SOURCES = ("runtime", "workers", "scheduler", "proof")
#: Asked of the database or the broker: every process that shows them shows the same.
SHARED = ("runtime/gauges.py", "runtime/load.py", "runtime/server_gauges.py")
QUEUES = {"payments_queue_depth", "payments_queue_oldest_age_seconds"}
#: Of Prometheus itself, and of its client library in every process.
FOREIGN = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "ALERTS"}
WORDS = {"and", "or", "unless", "by", "on", "offset", "bool", "without", "ignoring", "group_left", "group_right"}

_STRING = re.compile(r'"[^"]*"')
_BRACES = re.compile(r"\{[^}]*\}")
_GROUPING = re.compile(r"\b(by|on|without|ignoring)\s*\([^)]*\)")
_NAME = re.compile(r"(?<![\w:.$])([A-Za-z_:][\w:]*)\b(?!\s*\()")


def metrics_of(expression: str) -> set[str]:
    """The names of the series that it reads."""
    bare = _GROUPING.sub(" ", _BRACES.sub(" ", _STRING.sub('""', expression)))
    return set(_NAME.findall(bare)) - WORDS


def _names(path: Path) -> set[str]:
    found = ast.walk(ast.parse(path.read_text()))
    texts = {node.value for node in found if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if re.fullmatch(r"payments_[a-z0-9_]+", text)}


@cache
def exported() -> frozenset[str]:
    """Every name that the code declares, in the forms in which it is scraped."""
    files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")]
    bases = {name for path in files for name in _names(path)}
    forms = ("", "_total", "_bucket", "_sum", "_count")
    return frozenset(f"{base}{form}" for base in bases for form in forms) | FOREIGN


@cache
def shared() -> frozenset[str]:
    """Gauges that several processes show alike."""
    return frozenset(name for file in SHARED for name in _names(ROOT / file)) | QUEUES


def sums_what_is_shared(expression: str) -> set[str]:
    """Shared gauges that it does not take the largest of, and so counts once for each process that shows them."""
    wrong = set()
    for name in metrics_of(expression) & shared():
        largest = rf"max\s*(by\s*\([^)]*\)\s*)?\(\s*((abs|rate|increase)\s*\(\s*)?{name}\b"
        if len(re.findall(largest, expression)) != len(re.findall(rf"\b{name}\b", expression)):
            wrong.add(name)
    return wrong
