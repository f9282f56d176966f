"""What our queues are on RabbitMQ."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import pika
import pika.exceptions
import structlog

T = TypeVar("T")

log = structlog.get_logger()

#: Kept by a majority of the servers.
QUORUM: Final = {"x-queue-type": "quorum"}
#: What AMQP answers when a queue exists already, and is another.
PRECONDITION_FAILED: Final = 406


def messages_in(connection: "pika.BlockingConnection", queue: str) -> int:
    """How many messages wait in a queue, which is made if it is not there; the count comes a little late."""
    # As Dramatiq declares it, and a quorum queue.
    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"{queue}.XQ"} | QUORUM
    return declare_or_take(
        lambda: _ask(connection, queue, durable=True, arguments=arguments),
        lambda: _ask(connection, queue, passive=True),
    )


def _ask(connection: "pika.BlockingConnection", queue: str, **how: Any) -> int:
    channel = connection.channel()
    count = int(channel.queue_declare(queue, **how).method.message_count)
    channel.close()
    return count


def declare_or_take(declare: Callable[[], T], take: Callable[[], T]) -> T:
    """Declare a queue; one that a producer has declared otherwise is taken as it is."""
    try:
        return declare()
    except pika.exceptions.ChannelClosedByBroker as error:
        if error.reply_code != PRECONDITION_FAILED:
            raise
        log.info("queue.taken_as_it_is", why=error.reply_text)
        return take()
