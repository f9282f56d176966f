"""Topics and telephones: what goes where, and what happens while one of them is away."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer
from moto.sns import sns_backends

from domain.notice import Channel
from domain.notices import NoticeKind
from gateways.letters import CarrierAway, Letter
from tests.services.posting import BUYER, MAKER, Posting, posting

REGION = "eu-central-1"
PHONE = "+4930123456"


@pytest.fixture
def post(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Posting]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "fake",
        "AWS_SECRET_ACCESS_KEY": "fake",
        "AWS_ENDPOINT_URL_SNS": f"http://{host}:{port}",
    }.items():
        monkeypatch.setenv(name, value)
    amazon().reset()
    topics = {side: f"arn:aws:sns:{REGION}:{DEFAULT_ACCOUNT_ID}:{side}" for side in ("buyers", "makers")}
    try:
        with posting(database_url, SNS_BUYER_TOPIC_ARN=topics["buyers"], SNS_MAKER_TOPIC_ARN=topics["makers"]) as post:
            for name in topics:
                amazon().create_topic(name)
            yield post
    finally:
        server.stop()


def amazon() -> Any:
    return sns_backends[DEFAULT_ACCOUNT_ID][REGION]


def published(name: str) -> int:
    return len(amazon().topics[f"arn:aws:sns:{REGION}:{DEFAULT_ACCOUNT_ID}:{name}"].sent_notifications)


def test_a_sale_is_told_by_mail_on_topics_and_to_the_telephone(post: Posting) -> None:
    session_id = post.home.opened(maker_email=MAKER, buyer_phone=PHONE, buyer_email=None)
    post.home.work()
    assert (published("buyers"), published("makers")) == (1, 0)
    post.home.pay(session_id)
    post.home.hear()
    post.home.issue()
    post.home.work()
    assert (published("buyers"), published("makers")) == (2, 1)
    texts = [message for number, message in amazon().sms_messages.values() if number == PHONE]
    assert len(texts) == 2  # the link to pay by, and the receipt
    assert all(post.home.app.links.page(session_id) in text for text in texts)
    assert {notice.channel for notice in post.notices() if notice.recipient == "buyer"} == {
        Channel.SMS,
        Channel.TOPIC,
    }
    assert len(post.to(MAKER)) == 1


def test_a_mail_server_that_is_away_holds_up_no_topic(post: Posting) -> None:
    class Away:
        tried = 0

        def send(self, _letter: Letter) -> str:
            self.tried += 1
            raise CarrierAway("it is away")

        def finish(self) -> None:
            """Nothing."""

    send = post.home.app.send_notices
    mail = Away()
    lame = replace(send, carriers=dict(send.carriers) | {Channel.EMAIL: mail})
    for number in range(3):
        post.home.opened(auction_id=f"auction-{number}", buyer_id=f"b-{number}")
    for _ in range(5):
        lame()
    assert published("buyers") == 3
    assert mail.tried == 1
    post.forward(minutes=5)
    post.send()
    assert len(post.to(BUYER)) == 3


def test_a_channel_that_a_process_does_not_know_is_left_to_others(post: Posting) -> None:
    post.home.opened()
    send = post.home.app.send_notices
    blind = replace(send, carriers={Channel.EMAIL: send.carriers[Channel.EMAIL]})
    blind()
    (notice,) = [one for one in post.notices(kind="payment_required") if one.channel is Channel.TOPIC]
    assert notice.last_error == "topic is not configured in this process"
    post.forward(minutes=2)
    post.send()
    assert published("buyers") == 1


def test_what_cannot_be_written_holds_up_nobody(post: Posting) -> None:
    post.home.opened()
    post.home.opened(auction_id="auction-2", buyer_id="b-2")
    send = post.home.app.send_notices
    said: list[NoticeKind] = []

    def compose(content: Any) -> Any:
        said.append(content.kind)
        if len(said) == 1:
            raise ValueError("it lacks something")
        return send.write.compose(content)

    replace(send, write=replace(send.write, compose=compose))()
    assert len(post.notices(status="sent")) == 3
    (late,) = post.notices(kind="payment_required", status="queued")
    assert late.last_error == "it could not be written: ValueError"
    post.forward(minutes=2)
    post.send()
    assert len(post.notices(status="sent")) == 4
