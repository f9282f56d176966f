"""Whether a command line that a page shows is one that `gavelpay` takes."""

import re
import shlex

import click

from cli.main import main

_UUID = "01a1fcdc-ab3d-7fc5-9caf-d0fd5855f272"
#: Their values are compared; those of the other types are the reader's.
_COMPARED = (click.Choice, click.IntRange, click.FloatRange)


def check_command(line: str, *, whole: bool = True) -> None:
    """Fail unless it names commands, options and values that there are, and with `whole` all that are required."""
    words = shlex.split(line.replace("…", "..."))[1:]
    command: click.Command = main
    while words and isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, line
        command, words = found, words[1:]
    if isinstance(command, click.Group):
        known = {option for parameter in command.get_params(click.Context(command)) for option in parameter.opts}
        assert not set(words) - known, line
        return
    context = click.Context(command, info_name=command.name)
    if {"--help"} & set(words):
        return
    try:
        values, left, _ = command.make_parser(context).parse_args([_plausible(word) for word in words])
    except click.UsageError as error:
        if isinstance(error, click.BadOptionUsage) and not whole:  # in the text an option may stand for itself
            return
        raise AssertionError(f"{line}: {error.format_message()}") from None
    assert left == [], line
    for parameter in command.get_params(context):
        value = values.get(parameter.name or "")
        # An argument that is not there is told by the parser as None, or as nothing.
        assert not whole or not parameter.required or value, f"{line}: {parameter.name} is missing"
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, str) and isinstance(parameter.type, _COMPARED):
                parameter.type.convert(one, parameter, context)


def _plausible(word: str) -> str:
    """A value of the right form for a placeholder."""
    if re.fullmatch(r"[0-9a-f]{8}-\.\.\.", word):
        return _UUID
    ids = dict.fromkeys(("SESSION_ID", "LETTER_ID", "NOTICE_ID", "REFUND"), _UUID)
    others = {"ENDPOINT": "auction", "QUEUE": "receipts", "AREA": "all", "SECONDS": "300", "EVENT": f"evt_{'0' * 32}"}
    return (ids | others).get(word, word)
