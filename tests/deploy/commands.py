"""Whether a command in a document is one that there is."""

import shlex

import click

from cli.main import main


def check_command(line: str) -> None:
    """It names commands and options that there are."""
    words = shlex.split(line)[1:]
    command: click.Command = main
    while words and isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, line
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert [word for word in words if word.startswith("--") and word not in known] == [], line
    command.make_context("gavelpay", [_plausible(word) for word in words], resilient_parsing=False).close()


def _plausible(word: str) -> str:
    """A value of the right form for a placeholder."""
    ids = dict.fromkeys(("SESSION_ID", "LETTER_ID", "NOTICE_ID", "REFUND"), "01a1fcdc-ab3d-7fc5-9caf-d0fd5855f272")
    return (ids | {"ENDPOINT": "auction", "EVENT": f"evt_{'0' * 32}"}).get(word, word)
