"""The words and the layout of a version of the template. Old versions stay: old documents can be printed again."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from domain.documents import DocumentKind
from domain.errors import PermanentError

TEMPLATES: Final = Path(__file__).parent / "templates"
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


class Unprintable(PermanentError):
    """A document that no template of this release can print."""

    code = "document_unprintable"


@dataclass(frozen=True, slots=True)
class Wording:
    """What one kind of document says in one language."""

    language: str
    #: The words of every document, and over them those of this kind.
    words: Mapping[str, str]
    #: What ways to pay are called, by Stripe's names of them.
    methods: Mapping[str, str]

    def say(self, key: str, **values: str) -> str:
        """A sentence with its values."""
        return self.words[key].format(**values)


@cache
def wording(version: str, language: str, kind: DocumentKind) -> Wording:
    """The words of a version; `Unprintable` where this release does not have them."""
    file = _folder(version) / f"{language}.toml"
    if not (language.isalpha() and file.is_file()):
        raise Unprintable(f"template {version} has no words in {language!r:.20}")
    everything = tomllib.loads(file.read_text())
    words = {key: text for key, text in everything.items() if isinstance(text, str)}
    return Wording(language, words | everything[kind.value], cast("dict[str, str]", everything["methods"]))


@cache
def template(version: str) -> Template:
    """The layout of a version; `Unprintable` where this release does not have it."""
    environment = Environment(
        loader=FileSystemLoader(_folder(version)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("document.html")


def _folder(version: str) -> Path:
    folder = TEMPLATES / version
    if not _VERSION.fullmatch(version) or not folder.is_dir():
        known = ", ".join(sorted(each.name for each in TEMPLATES.iterdir() if each.is_dir()))
        raise Unprintable(f"there is no template {version!r:.40}; this release has {known}")
    return folder
