"""Every command says what it does by examples."""

import pytest

from cli.main import COMMANDS
from tests.cli.conftest import Run


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_has_examples(command: str, run: Run) -> None:
    printed = run(*command.split(), "--help").output
    examples = printed.partition("Example")[2]
    assert f"gavelpay {command}".strip() in examples
