"""What can go wrong with an embedded server. Every message is a sentence for the person at the terminal."""


class EmbeddedServerError(Exception):
    """The server cannot be run here; the message says why, and what to do."""
