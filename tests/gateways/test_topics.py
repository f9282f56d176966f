"""Amazon SNS, as moto plays it over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import boto3
import orjson
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer
from moto.sns import sns_backends

from domain.errors import GatewayRefused, GatewayUnavailable
from domain.ids import SessionId
from domain.notices import NoticeKind, Recipient
from gateways.letters import CarrierAway, Letter
from gateways.topics import TextMessages, Topics, connect, region_of

REGION = "eu-central-1"
LETTER = Letter(
    id=UUID(int=7),
    kind=NoticeKind.PAYMENT_REQUIRED,
    recipient=Recipient.BUYER,
    session_id=SessionId(UUID(int=1)),
    auction_id="auction-1",
    party_id="buyer-1",
    language="de",
    subject="Bitte bezahlen Sie „Öl\nauf Leinwand“",
    text="Grüße",
    html="<p>Grüße</p>",
    written_at=datetime(2026, 11, 21, 12, tzinfo=UTC),
    to="+4930123456",
    link="https://pay.example/pay/token",
)


@pytest.fixture(scope="module")
def amazon() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(amazon: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "fake")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
    sns_backends[DEFAULT_ACCOUNT_ID][REGION].reset()
    return connect(REGION, endpoint=amazon)


def published(topic: str) -> list[Any]:
    return list(sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[topic].sent_notifications)


def test_a_topic_hears_everything_but_addresses(client: Any) -> None:
    topic = client.create_topic(Name="buyers")["TopicArn"]
    assert region_of(topic) == REGION
    sent = Topics({REGION: client}).send(replace(LETTER, to=topic))
    ((message_id, message, subject, attributes, *_),) = published(topic)
    assert message_id == sent
    assert subject == "Bitte bezahlen Sie Ol auf Leinwand"
    assert orjson.loads(message) == {
        "id": str(UUID(int=7)),
        "kind": "payment_required",
        "recipient": "buyer",
        "buyerId": "buyer-1",
        "sessionId": str(UUID(int=1)),
        "auctionId": "auction-1",
        "language": "de",
        "subject": LETTER.subject,
        "text": "Grüße",
        "link": LETTER.link,
        "writtenAt": "2026-11-21T12:00:00+00:00",
    }
    assert {name: value["Value"] for name, value in attributes.items()} == {
        "kind": "payment_required",
        "recipient": "buyer",
        "language": "de",
    }


def test_an_ordered_topic_tells_repeats_itself(client: Any) -> None:
    settings = {"FifoTopic": "true", "ContentBasedDeduplication": "false"}
    topic = client.create_topic(Name="buyers.fifo", Attributes=settings)["TopicArn"]
    topics = Topics({REGION: client})
    topics.send(replace(LETTER, to=topic))
    ((_, _, _, _, group),) = published(topic)  # without an id for repeats it would have been refused
    assert group == str(LETTER.session_id)
    topics.finish()


def test_a_telephone_gets_what_it_is_about_and_the_link(client: Any) -> None:
    texts = TextMessages(client)
    assert texts.send(LETTER)
    texts.send(replace(LETTER, subject="ü" * 500))
    texts.send(replace(LETTER, link=None))
    texts.finish()
    sent = [message for _, _, message in _texts()]
    assert sent[0] == "Bitte bezahlen Sie „Öl auf Leinwand“ https://pay.example/pay/token"
    assert sent[1] == f"{'ü' * 129}… https://pay.example/pay/token"
    assert sent[2] == "Bitte bezahlen Sie „Öl auf Leinwand“"


def _texts() -> list[tuple[str, str, str]]:
    found = sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages
    return [(message_id, number, message) for message_id, (number, message) in found.items()]


def test_a_number_that_is_none_is_refused_for_good(client: Any) -> None:
    with pytest.raises(GatewayRefused, match="InvalidParameter"):
        TextMessages(client).send(replace(LETTER, to="not a number"))


def test_a_topic_that_is_gone_waits_for_whoever_mends_it(client: Any) -> None:
    gone = f"arn:aws:sns:{REGION}:{DEFAULT_ACCOUNT_ID}:nowhere"
    with pytest.raises(CarrierAway, match="NotFound"):
        Topics({REGION: client}).send(replace(LETTER, to=gone))


def test_amazon_is_away() -> None:
    with pytest.raises(CarrierAway, match="SNS is away"):
        TextMessages(_connect_nowhere()).send(LETTER)


def _connect_nowhere() -> Any:
    return boto3.client(
        "sns",
        region_name=REGION,
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="fake",
        aws_secret_access_key="fake",
        config=Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1}),
    )


def test_an_error_of_amazons_own_is_tried_again_for_this_message_alone() -> None:
    class Faulty:
        def publish(self, **_request: Any) -> Any:
            raise ClientError(
                {"Error": {"Code": "InternalError"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "Publish"
            )

    with pytest.raises(GatewayUnavailable, match="InternalError") as failure:
        TextMessages(Faulty()).send(LETTER)
    assert failure.type is GatewayUnavailable
