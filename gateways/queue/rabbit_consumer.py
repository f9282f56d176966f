"""Takes messages from one RabbitMQ queue, whatever they are."""

from collections import deque
from collections.abc import Callable, Container, Iterable
from typing import Any, Final

import pika
import pika.exceptions
import structlog
from dramatiq.broker import Broker, MessageProxy
from dramatiq.brokers.rabbitmq import _RabbitmqConsumer
from dramatiq.common import q_name
from dramatiq.errors import ConnectionClosed

from gateways.queue.received import Received, receive

log = structlog.get_logger()

_NOT_FOUND: Final = 404
_LOST: Final = (AssertionError, pika.exceptions.AMQPConnectionError, pika.exceptions.AMQPChannelError)


class RabbitConsumer(_RabbitmqConsumer):
    """Takes messages from one queue.

    Differs from Dramatiq's consumer in that an unreadable message is passed on as such instead of being rejected, and
    that a message which came by an earlier connection is never taken for one of this: their numbers are the same.
    """

    def __init__(
        self,
        broker: Broker,
        queue: str,
        prefetch: int,
        timeout: int,
        *,
        local: deque[Received],
        actors: Container[str],
        is_paused: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(broker, queue, prefetch, timeout)  # type: ignore[no-untyped-call]
        self._local = local
        self._actors = actors
        self._is_paused = is_paused
        self._is_resting = False
        self._seconds = timeout / 1000

    def __next__(self) -> MessageProxy | None:
        """The next message, or None if there is none for a while."""
        if self._local:
            return self._local.popleft()
        try:
            if self._is_paused():
                self._rest()
                return None
            if self._is_resting:
                self.iterator = self.channel.consume(self.queue_name, inactivity_timeout=self._seconds)
                self._is_resting = False
            method, _, body = next(self.iterator)
        except _LOST as error:
            if getattr(error, "reply_code", None) == _NOT_FOUND:
                self.broker.queues_pending.add(q_name(self.queue_name))
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]
        if method is None:
            return None
        tag: int = method.delivery_tag
        self.known_tags.add(tag)
        return receive(body, self.queue_name, _Tag(self, tag), self._actors)

    def _rest(self) -> None:
        """Take nothing for a while, and give back what was sent ahead; what is in hand can still be settled."""
        if not self._is_resting:
            self.channel.cancel()
            self._is_resting = True
        self.connection.process_data_events(time_limit=self._seconds)

    def ack(self, message: MessageProxy) -> None:
        """Settle a message: delete it, or give it back if it asks for that."""
        if message.is_returned:
            self._settle(message, self.channel.basic_nack, requeue=True)
        else:
            self._settle(message, self.channel.basic_ack)

    def nack(self, message: MessageProxy) -> None:
        """Put a message aside."""
        self._settle(message, self.channel.basic_nack, requeue=False)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Give back messages that were not begun."""
        for message in messages:
            self._settle(message, self.channel.basic_nack, requeue=True)

    def _settle(self, message: MessageProxy, how: Any, **more: Any) -> None:
        tag = message.handle
        if not isinstance(tag, _Tag) or tag.consumer is not self or tag.number not in self.known_tags:
            return  # it was rung here, or RabbitMQ has given it to somebody else
        self.known_tags.discard(tag.number)
        try:
            self.connection.add_callback_threadsafe(lambda: how(tag.number, **more))
        except pika.exceptions.AMQPError as error:
            log.info("queue.not_settled", queue=self.queue_name, error=str(error))


class _Tag:
    """The number of a message, and the consumer whose number it is."""

    def __init__(self, consumer: RabbitConsumer, number: int) -> None:
        self.consumer = consumer
        self.number = number

    def __str__(self) -> str:
        return str(self.number)
