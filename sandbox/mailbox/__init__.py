"""A real mail server on loopback that delivers to nobody: what the system sends can be read here.

`running_mailbox` runs it in a thread, `mailbox_routes` are its pages. It can also refuse recipients, put them off, and
take its time, as mail servers do.
"""

from sandbox.mailbox.box import Mailbox
from sandbox.mailbox.faults import EVERYBODY, Faults
from sandbox.mailbox.mail import Attachment, Mail
from sandbox.mailbox.pages import mailbox_app, mailbox_routes
from sandbox.mailbox.server import RunningMailbox, running_mailbox

__all__ = [
    "EVERYBODY",
    "Attachment",
    "Faults",
    "Mail",
    "Mailbox",
    "RunningMailbox",
    "mailbox_app",
    "mailbox_routes",
    "running_mailbox",
]
