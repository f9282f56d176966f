"""Every command with its options, from the commands themselves."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import click

from cli.main import main
from cli.reference.tables import table

_HEAD: Final = """# The command `gavelpay`

After `make install` it is `.venv/bin/gavelpay`. Beside a running system it needs the same [variables](settings.md) as
the processes; what is missing is named. While `make run` runs, `. .gavelpay/env` gives a shell all of them, and the
command by its name. Each command has `--help`.

Exit codes: 0 it went well, 1 the thing failed, 2 the call was wrong. `--json` prints JSON for programs, and nothing
else on standard output; progress and errors go to standard error. Who acts is recorded as `cli:` and the name of the
system's user.

Made from `cli/` by `python -m cli.reference`.
"""
#: What no reader needs to be told.
_EVERYWHERE: Final = frozenset({"--help"})
#: What stands between two examples on one line.
_BETWEEN: Final = re.compile(r" · |; (?=gavelpay)|\. (?=[A-Z])")


def page() -> str:
    """The whole page, in Markdown."""
    context = click.Context(main, info_name="gavelpay")
    chapters = [_sub(context, name) for name in main.list_commands(context)]
    contents = [
        f"| [`{chapter.command_path}`](#{chapter.command_path.replace(' ', '-')}) | {_short(chapter)} |"
        for chapter in chapters
    ]
    lines = [_HEAD, "| command | |", "|---|---|", *contents, ""]
    return "\n".join([*lines, *(line for chapter in chapters for line in _chapter(chapter, "##"))])


def _sub(context: click.Context, name: str) -> click.Context:
    group = context.command
    command = group.get_command(context, name) if isinstance(group, click.Group) else None
    if command is None:
        raise LookupError(name)
    return click.Context(command, info_name=name, parent=context)


def _chapter(context: click.Context, level: str) -> Iterator[str]:
    command = context.command
    yield from (f"{level} {context.command_path}", "", _help(command), "")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from _chapter(_sub(context, name), f"{level}#")
        return
    yield from ("```", f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}", "```", "")
    yield from table(("option", "what it does"), [row for row in map(_option, _shown(context)) if row])
    if command.epilog:
        yield from _examples(command.epilog)


def _shown(context: click.Context) -> Sequence[click.Parameter]:
    return [one for one in context.command.get_params(context) if not _EVERYWHERE & set(one.opts)]


def _option(parameter: click.Parameter) -> tuple[str, str] | None:
    record = parameter.get_help_record(click.Context(main, info_name="gavelpay"))
    return (f"`{record[0]}`", record[1]) if record else None


def _help(command: click.Command) -> str:
    """Paragraphs are lines of their own; what click is told of wrapping is none of the reader's business."""
    paragraphs = (command.help or "").replace("\b\n", "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _short(context: click.Context) -> str:
    return _help(context.command).partition("\n\n")[0]


def _examples(epilog: str) -> Iterator[str]:
    """One to a line, as they would be typed."""
    if "\b" in epilog:
        lines = [line.strip() for line in epilog.replace("\b", "").strip().splitlines()[1:]]
    else:
        lines = [one.strip() for one in _BETWEEN.split(" ".join(epilog.split()).partition(":")[2])]
    yield from ("```", *filter(None, lines), "```", "")
