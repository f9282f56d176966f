"""Who acts through the command, and why."""

import os
import pwd
from typing import Final

import click

#: An act is shown first, or done with a reason.
dry_run: Final = click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")
why: Final = click.option("--reason", help="Why; it is kept in the audit trail. Needed for whatever is done.")


def acting_user() -> str:
    """Who is recorded: the account of this machine that runs the command, whatever its environment says."""
    uid = os.getuid()
    try:
        return f"cli:{pwd.getpwuid(uid).pw_name}"
    except KeyError:  # an account without a name, as in some containers
        return f"cli:{uid}"


def given(reason: str | None) -> str:
    """The reason of an act that is to be done."""
    if not reason:
        raise click.UsageError("Say why, with --reason.")
    return reason
