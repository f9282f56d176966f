"""Who acts through the command."""

from getpass import getuser


def acting_user() -> str:
    """Who is recorded: the user of this machine."""
    try:
        return f"cli:{getuser()}"
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "cli"
