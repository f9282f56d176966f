"""Reads declared variables from an environment and collects everything that is wrong with it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from runtime.settings.problems import Problem, Wrong
from runtime.settings.variable import Declaration, Group, declarations

G = TypeVar("G", bound=Group)

#: Secrets are small; a larger file is a wrong path.
_LARGEST_FILE: Final = 64 * 1024


class Reader:
    """Reads from a mapping, never from the process. A blank value counts as not set, as compose files pass it so."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[Problem] = []

    def is_set(self, name: str) -> bool:
        """Whether the variable or its `_FILE` twin has a value, right or wrong."""
        return bool(self._plain(name) or self._plain(f"{name}_FILE"))

    def group(self, cls: type[G]) -> G | None:
        """Build a group from its declarations; None when something in it is wrong (see `problems`)."""
        before = len(self.problems)
        values = {field: self._value(declaration) for field, declaration in declarations(cls).items()}
        if len(self.problems) > before:
            return None
        built = cls(**values)
        self.problems.extend(built.problems())
        return built

    def require(self, alternatives: Iterable[str], needed_by: str, right: Mapping[str, str]) -> None:
        """Note a problem unless one of the alternatives is set."""
        names = tuple(alternatives)
        if not any(self.is_set(name) for name in names):
            forms = ", or ".join(right[name] for name in names)
            self.problems.append(Problem(" or ".join(names), f"is not set, and {needed_by} needs it", forms))

    def _value(self, declaration: Declaration) -> Any:
        try:
            text = self._text(declaration.name)
            if text is None:
                text = declaration.default
            return None if text is None else declaration.form.parse(text)
        except Wrong as wrong:
            self.problems.append(Problem(declaration.name, str(wrong), declaration.form.right))
            return None

    def _text(self, name: str) -> str | None:
        plain, path = self._plain(name), self._plain(f"{name}_FILE")
        if plain and path:
            raise Wrong(f"is set twice, here and by {name}_FILE")
        return _contents(path, name) if path else plain

    def _plain(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None


def _contents(path: str, name: str) -> str:
    try:
        raw = Path(path).read_bytes()
        text = raw.decode().strip()
    except (OSError, ValueError):
        raise Wrong(f"cannot be read from the file that {name}_FILE names") from None
    if len(raw) > _LARGEST_FILE:
        raise Wrong(f"is larger than {_LARGEST_FILE // 1024} KB in the file that {name}_FILE names")
    if not text:
        raise Wrong(f"is empty in the file that {name}_FILE names")
    return text
