"""The mailbox: a mail server and its pages, in threads of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn

from cli.run.ports import HOST, Ports
from sandbox.mailbox import mailbox_app, running_mailbox

PATIENCE: Final = 10.0


@contextmanager
def serving_mailbox(ports: Ports, directory: Path) -> Iterator[str]:
    """Take mail while the block lasts; gives the address to send it to."""
    with running_mailbox(ports.smtp, directory=directory) as mailbox:
        config = uvicorn.Config(
            mailbox_app(mailbox.box),
            host=HOST,
            port=ports.mailbox,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, name="mailbox-pages", daemon=True)
        thread.start()
        try:
            yield mailbox.smtp_url
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
