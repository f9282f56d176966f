"""How a variable is declared. The declaration is the only place that knows its name, form, default and meaning."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast, dataclass_transform

from runtime.settings.problems import Problem

T = TypeVar("T")
C = TypeVar("C", bound=type)

_KEY: Final = "variable"


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """How a text becomes a value. `parse` raises `Wrong`; `right` says which texts it takes."""

    parse: Callable[[str], T]
    right: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """One environment variable. `default` is a text that `form` takes, or None; `unset` says what None means."""

    name: str
    form: Form[Any]
    meaning: str
    default: str | None
    unset: str


class Group:
    """Settings of one topic. A subclass declares its variables as fields and may check how they fit together."""

    __slots__ = ()

    def problems(self) -> Iterator[Problem]:
        """What does not fit together although each variable alone is right."""
        yield from ()

    def warnings(self) -> Iterator[str]:
        """What is allowed and still looks like a mistake."""
        yield from ()


@dataclass_transform(frozen_default=True, kw_only_default=True)
def group(cls: C) -> C:
    """Make a class of declared variables a frozen record; each field has its declared default."""
    return cast("C", dataclass(frozen=True, slots=True, kw_only=True)(cls))


def variable(name: str, form: Form[T], meaning: str, *, default: str, unset: str = "") -> T:
    """Declare a variable that has a default; `unset` describes the default where its text does not."""
    declaration = Declaration(name, form, meaning, default, unset)
    return dataclasses.field(default=form.parse(default), metadata={_KEY: declaration})


def optional(name: str, form: Form[T], meaning: str, *, unset: str = "off") -> T | None:
    """Declare a variable that is None when it is not set; `unset` says what that means."""
    declaration = Declaration(name, form, meaning, None, unset)
    return cast("T | None", dataclasses.field(default=None, metadata={_KEY: declaration}))


def declarations(cls: type[Group]) -> dict[str, Declaration]:
    """The variables of a group by field name."""
    fields = dataclasses.fields(cast("Any", cls))
    return {field.name: field.metadata[_KEY] for field in fields}
