import tomllib
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from domain.documents import TEMPLATE_VERSIONS
from gateways.paper.wording import TEMPLATES

VERSIONS = sorted(folder for folder in TEMPLATES.iterdir() if folder.is_dir())


def leaves(words: dict[str, Any], above: str = "") -> dict[str, set[str]]:
    """Each sentence with the names of its values."""
    found: dict[str, set[str]] = {}
    for key, said in words.items():
        if isinstance(said, dict):
            found |= leaves(said, f"{above}{key}.")
        else:
            found[above + key] = {name for _, name, _, _ in Formatter().parse(said) if name is not None}
    return found


@pytest.mark.parametrize("version", VERSIONS, ids=[version.name for version in VERSIONS])
def test_every_language_says_the_same_things(version: Path) -> None:
    english, german = (leaves(tomllib.loads((version / f"{language}.toml").read_text())) for language in ("en", "de"))
    assert english.keys() == german.keys()
    # German joins a brand's words with hyphens, English does not.
    joined = {"joined": "brand"}
    assert english == {key: {joined.get(name, name) for name in names} for key, names in german.items()}


def test_settings_take_the_versions_that_are_shipped_and_no_other() -> None:
    assert list(TEMPLATE_VERSIONS) == [version.name for version in VERSIONS]
