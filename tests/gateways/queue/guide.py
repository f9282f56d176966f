"""The code blocks of the producer's guide."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "produce-a-message.md"


def block(name: str) -> str:
    """The code block that the guide marks with this name."""
    found = re.search(rf"<!-- run: {name} -->\n```\w*\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found, f"the guide has no block {name}"
    return found[1]
