"""What can keep `gavelpay run` from running or from ending well. Every message is for the person at the terminal."""


class CannotRun(Exception):
    """It cannot run here and now; the message says why, and what to do."""


class StopAsked(Exception):
    """Somebody asked to stop (Ctrl-C, SIGTERM) while something was waited for."""
