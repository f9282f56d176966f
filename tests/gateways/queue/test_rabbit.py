"""The same on a real RabbitMQ: nothing is lost, whatever a message holds and whoever is killed."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pika
import pytest

from domain.bells import EXPIRE_WINDOWS, OPEN_CHECKOUTS
from domain.errors import GatewayUnavailable
from gateways.queue.bells import MOST_BELLS
from gateways.queue.broker import Depth
from gateways.queue.connect import open_broker, open_put_back, open_ring
from gateways.queue.received import Received
from tests.gateways.queue.guide import block
from tests.gateways.queue.rabbit import RabbitServer, missing
from tests.workers.house import House, request, wait_until

pytestmark = [pytest.mark.long("system"), pytest.mark.skipif(bool(missing()), reason=missing() or "")]

#: How Dramatiq's own producer declares the queue.
DRAMATIQS = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "payment_required.XQ"}
#: What a restarted server and its clients may take to find each other on a busy machine.
BUSY_SECONDS = 90.0


class RabbitHouse(House):
    """The tiny application on RabbitMQ."""

    def put(self, raw: bytes, queue: str = "payment_required", message_id: str | None = None) -> None:
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            properties = pika.BasicProperties(delivery_mode=2)

            def publish() -> bool:
                try:
                    channel.basic_publish("", queue, raw, properties, mandatory=True)
                except pika.exceptions.NackError:  # a queue that was just declared may not take anything yet
                    return False
                return True

            wait_until(publish)

    def waiting(self, queue: str = "payment_required") -> int:
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            return int(connection.channel().queue_declare(queue, passive=True).method.message_count)

    def serve(self, **options: Any) -> Any:
        process = self.start(**options)
        wait_until(lambda: self.started() >= len(self.processes))
        wait_until(self.has_queue)
        return process

    def has_queue(self) -> bool:
        try:
            return self.waiting("windows") >= 0 and self.waiting() >= 0
        except pika.exceptions.AMQPError:  # no such queue yet, or a server that answers before it can do anything
            return False

    def stop_all(self) -> None:
        super().stop_all()
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            channel = connection.channel()
            for queue in ("payment_required", "payment_required.DQ", "windows", "checkouts"):
                channel.queue_purge(queue)


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    assert not missing(), missing()
    server = RabbitServer(tmp_path_factory.mktemp("rabbit")).start()
    yield server
    server.stop()


@pytest.fixture
def house(tmp_path: Path, rabbit: RabbitServer) -> Iterator[RabbitHouse]:
    house = RabbitHouse(tmp_path / "house", rabbit.url)
    yield house
    house.stop_all()


def test_requests_are_made_rows_and_what_is_no_message_is_kept_whole(house: RabbitHouse) -> None:
    house.serve()
    house.put(b"\xff no message")
    raw = house.send(request(0), actor_name="nobody")
    for number in range(10):
        house.send(request(number))
    wait_until(lambda: len(house.values("required")) == 10)
    wait_until(lambda: len(house.lines("dead")) == 2)
    assert set(house.values("dead")) == {"\xff no message", raw.decode()}
    wait_until(lambda: house.waiting() == 0)


def test_the_queues_are_quorum_queues(house: RabbitHouse) -> None:
    house.serve()
    with (
        pika.BlockingConnection(pika.URLParameters(house.url)) as connection,
        pytest.raises(pika.exceptions.ChannelClosedByBroker, match=r"'x-queue-type' .* current is the value 'quorum'"),
    ):
        connection.channel().queue_declare("payment_required", durable=True, arguments=DRAMATIQS)


def test_a_queue_that_a_stock_producer_declared_first_is_taken_as_it_is(rabbit: RabbitServer) -> None:
    name = f"declared-first-{uuid4()}"
    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"{name}.XQ"}
    with pika.BlockingConnection(pika.URLParameters(rabbit.url)) as connection:
        connection.channel().queue_declare(name, durable=True, arguments=arguments)
        connection.channel().basic_publish("", name, b"no message")
    broker = open_broker(rabbit.url)
    broker.declare_queue(name)
    consumer = broker.consume(name, timeout=5000)
    received = next(consumer)
    assert isinstance(received, Received)
    assert received.envelope.raw == b"no message"
    consumer.ack(received)
    consumer.close()
    assert broker.depths()[name] == Depth(0)
    broker.close()


def test_the_guides_publisher_is_heard(house: RabbitHouse) -> None:
    house.serve()
    exec(compile(block("amqp"), "guide", "exec"), {"BROKER_URL": house.url})  # noqa: S102 - our own page
    wait_until(lambda: house.values("required") == ["lot-1"])


def test_a_dead_letter_is_put_back_and_where_nobody_listens_is_told(house: RabbitHouse) -> None:
    house.serve()
    put_back = open_put_back(house.url)
    raw = house.send(request(1))
    put_back("payment_required", raw)
    wait_until(lambda: house.values("required") == ["auction-1"] * 2)
    with pytest.raises(GatewayUnavailable, match="did not take the message"):
        put_back("no-such-queue", raw)
    put_back.close()


def test_a_paused_queue_keeps_its_messages_and_gives_them_when_it_is_resumed(house: RabbitHouse) -> None:
    (house.root / "slow").write_text("0.5")
    house.serve(threads=2)
    for number in range(20):
        house.send(request(number))
    wait_until(lambda: house.values("begin"))
    (house.root / "paused").write_text("payment_required")
    wait_until(lambda: house.waiting() == 20 - len(house.values("required")) > 0)
    before = house.values("required")
    (house.root / "slow").unlink()
    house.add_due("events.process", "one")
    wait_until(lambda: house.done("events.process") == ["one"])
    assert house.values("required") == before
    (house.root / "paused").unlink()
    wait_until(lambda: len(house.values("required")) == 20)
    assert len(set(house.values("required"))) == 20


def test_a_killed_workers_messages_come_back(house: RabbitHouse) -> None:
    killed = house.serve(threads=2)
    (house.root / "slow").write_text("60")
    for number in range(4):
        house.send(request(number))
    wait_until(lambda: house.values("begin"))
    (house.root / "slow").unlink()
    killed.kill()
    killed.wait()
    house.serve()
    wait_until(lambda: len(set(house.values("required"))) == 4)


def test_told_to_stop_it_finishes_what_is_in_hand_and_gives_the_rest_back(house: RabbitHouse) -> None:
    process = house.serve(threads=2)
    (house.root / "slow").write_text("0.3")
    for number in range(12):
        house.send(request(number))
    wait_until(lambda: house.values("begin"))
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert house.values("begin") == house.values("required")
    assert house.waiting() == 12 - len(house.values("required"))


def test_told_to_stop_while_the_database_is_away_it_gives_its_messages_back(house: RabbitHouse) -> None:
    process = house.serve(threads=2)
    (house.root / "away").touch()
    for number in range(3):
        house.send(request(number))
    wait_until(lambda: "work.waits" in house.output())
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert house.waiting() == 3


def test_bells_ring_and_do_not_pile_up(house: RabbitHouse) -> None:
    (house.root / "no-net").touch()
    process = house.serve()
    ring = open_ring(house.url)
    house.add_due(EXPIRE_WINDOWS, "one", "two")
    ring(Counter({EXPIRE_WINDOWS: 2}))
    wait_until(lambda: house.done(EXPIRE_WINDOWS) == ["one", "two"])
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    for _ in range(3):
        ring(Counter({OPEN_CHECKOUTS: 1000}))
        wait_until(lambda: house.waiting("checkouts") == MOST_BELLS)  # the count of a quorum queue comes a little late
    ring.close()


@pytest.mark.timeout(400)  # two starts and two stops of a server that takes its time on a busy machine
def test_work_goes_on_without_rabbit_and_after_it_was_restarted(tmp_path: Path) -> None:
    assert not missing(), missing()
    server = RabbitServer(tmp_path / "rabbit").start()
    house = RabbitHouse(tmp_path / "house", server.url)
    try:
        process = house.serve()
        house.send(request(1))
        wait_until(lambda: house.values("required") == ["auction-1"])
        server.stop()
        ring = open_ring(house.url)
        ring(Counter({EXPIRE_WINDOWS: 1}))
        ring.close()
        assert open_broker(house.url).depths() == {}
        server.start()
        wait_until(house.has_queue, BUSY_SECONDS)
        house.send(request(2))
        wait_until(lambda: "auction-2" in house.values("required"), BUSY_SECONDS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(BUSY_SECONDS) == 0
    finally:
        House.stop_all(house)
        server.stop()
