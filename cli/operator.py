"""Who acts through the command line."""

from getpass import getuser


def operator() -> str:
    """Who is recorded: the user of this machine."""
    try:
        return f"cli:{getuser()}"
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "cli"
