"""Reads from the source of the `stripe` package which parameters operations take and which fields objects have.

The sandbox may not import the SDK, so what the SDK knows is written to `sandbox/stripe/schema/*.json`, and a test
compares the two. After an upgrade of the SDK: `PYTHONPATH=. python tests/sandbox/stripe/sdk_schema.py`.
"""

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import stripe

from tests.sandbox.stripe.sdk_names import LEFT_OUT, OBJECTS, PARAMS

SDK = Path(stripe.__file__).parent
SCHEMA = Path(__file__).parents[3] / "sandbox" / "stripe" / "schema"

LEAVES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "Decimal": "decimal",
    "Any": "any",
    "UntypedStripeObject": "hash",
}


def classes(path: Path) -> dict[str, ast.ClassDef]:
    """Every class of a module by its dotted name inside the module."""
    found: dict[str, ast.ClassDef] = {}

    def walk(body: list[ast.stmt], prefix: str) -> None:
        for item in body:
            if isinstance(item, ast.ClassDef):
                found[prefix + item.name] = item
                walk(item.body, f"{prefix}{item.name}.")

    walk(ast.parse(path.read_text()).body, "")
    return found


def fields(cls: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """The annotated fields of one class; `from_` and the like lose the underscore that Python forced on them."""
    for item in cls.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield item.target.id, unquoted(item.annotation)
        # A TypedDict whose keys are Python keywords is spelled as a call, followed by a class that inherits it.


def unquoted(node: ast.expr) -> ast.expr:
    """An annotation that was written as a string, parsed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return unquoted(ast.parse(node.value, mode="eval").body)
    return node


def alternatives(node: ast.expr) -> list[ast.expr]:
    """The members of `A | B`, `Union[A, B]`, or the one member of anything else."""
    node = unquoted(node)
    if isinstance(node, ast.BinOp):
        return alternatives(node.left) + alternatives(node.right)
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Union":
        return [one for part in elements(node) for one in alternatives(part)]
    return [node]


def elements(node: ast.Subscript) -> list[ast.expr]:
    """What stands between the brackets."""
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


class Parameters:
    """One module of `stripe.params`, read as a tree of accepted parameters."""

    def __init__(self, path: Path) -> None:
        """Read the module; `classes` also holds those spelled as calls."""
        self.classes = classes(path)
        self.calls = {
            item.targets[0].id: item.value.args[1]
            for item in ast.parse(path.read_text()).body
            if isinstance(item, ast.Assign)
            and isinstance(item.targets[0], ast.Name)
            and isinstance(item.value, ast.Call)
            and len(item.value.args) == 2
        }

    def tree(self, name: str) -> dict[str, Any]:
        """The accepted fields of a TypedDict, and those that must be given."""
        named: dict[str, Any] = {}
        required = []
        for field, annotation in self.pairs(name):
            inner = annotation
            if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "NotRequired":
                inner = unquoted(annotation.slice)
            else:
                required.append(field)
            named[field] = self.node(inner)
        return {"fields": named, "required": required} if required else {"fields": named}

    def pairs(self, name: str) -> Iterator[tuple[str, ast.expr]]:
        """Field names and annotations, including those inherited inside the module."""
        if name in self.calls:
            table = self.calls[name]
            assert isinstance(table, ast.Dict)
            for key, value in zip(table.keys, table.values, strict=True):
                assert isinstance(key, ast.Constant)
                yield str(key.value), unquoted(value)
            return
        for base in self.classes[name].bases:
            if ast.unparse(base) in self.calls or ast.unparse(base) in self.classes:
                yield from self.pairs(ast.unparse(base))
        yield from fields(self.classes[name])

    def node(self, annotation: ast.expr) -> Any:
        """One annotation as a node of the tree."""
        parts = alternatives(annotation)
        literals = [
            str(ast.literal_eval(value))
            for part in parts
            if isinstance(part, ast.Subscript) and ast.unparse(part.value) == "Literal"
            for value in elements(part)
        ]
        values = [value for value in literals if value]
        others: list[Any] = []
        for part in parts:
            if isinstance(part, ast.Subscript) and ast.unparse(part.value) == "Literal":
                continue
            one = self.single(part)
            if one not in others and not (values and one == "string"):
                others.append(one)
        if "hash" in others:
            others = ["hash"]
        if values:
            others.insert(0, {"enum": values})
        chosen = others[0] if len(others) == 1 else {"any": others}
        return {"unset": chosen} if "" in literals else chosen

    def single(self, part: ast.expr) -> Any:
        """A part without alternatives."""
        if isinstance(part, ast.Subscript):
            outer = ast.unparse(part.value)
            if outer == "List":
                return {"list": self.node(part.slice)}
            if outer in {"Dict", "UntypedStripeObject"}:
                return "hash"
            raise ValueError(ast.unparse(part))
        name = ast.unparse(part)
        return LEAVES[name] if name in LEAVES else self.tree(name)


@cache
def parameters(operation: str) -> dict[str, Any]:
    """The tree of one operation."""
    module, name = PARAMS[operation]
    return Parameters(SDK / "params" / module).tree(name)


def by_resource() -> dict[str, dict[str, Any]]:
    """Resource → operation → tree: one file each."""
    grouped: dict[str, dict[str, Any]] = {}
    for operation in PARAMS:
        grouped.setdefault(operation.rpartition(".")[0], {})[operation] = parameters(operation)
    return grouped


def object_fields(name: str) -> list[str]:
    """The fields of an object that every response of it has; `object` and `id` first, as Stripe writes them."""
    module, cls = OBJECTS[name]
    out = LEFT_OUT.get(name, set()) | {
        "OBJECT_NAME",
        "_inner_class_types",
        "_inner_class_encodings",
        "_field_encodings",
    }
    if name == "payment_method":  # only the block of its own type is present
        kept = {"allow_redisplay", "billing_details", "created", "customer", "customer_account", "livemode", "metadata"}
        return ["id", "object", *sorted(kept), "radar_options", "type"]
    found = [field for field, _ in fields(classes(SDK / module)[cls]) if field not in out]
    return [one for one in ("id", "object") if one in found] + [one for one in found if one not in {"id", "object"}]


def text(trees: dict[str, Any]) -> str:
    """The file of one resource: a line for each operation keeps differences readable."""
    lines = [f'"{name}": {json.dumps(tree, separators=(",", ":"))}' for name, tree in sorted(trees.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    SCHEMA.mkdir(exist_ok=True)
    for resource, trees in by_resource().items():
        (SCHEMA / f"{resource}.json").write_text(text(trees))
    (SCHEMA / "objects.json").write_text(text({name: object_fields(name) for name in OBJECTS}))
