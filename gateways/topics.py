"""Amazon SNS: messages on the topics for buyers and makers, and text messages to a buyer's telephone."""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

import orjson

from domain.errors import GatewayRefused, GatewayUnavailable
from gateways.letters import CarrierAway, Letter

#: Seconds to connect, and to answer.
_CONNECT: Final = 5.0
_ANSWER: Final = 10.0
#: SNS takes subjects of printable ASCII below this length, and messages below 256 KB.
_SUBJECT: Final = 100
_TEXT: Final = 20_000
#: Two parts of a text message in any script, with its link; more parts cost more, and nobody reads them.
_SHORT: Final = 130
#: What SNS says of one telephone number, not of us.
_BAD_NUMBER: Final = frozenset({"InvalidParameter", "InvalidParameterValue", "OptedOut", "OptedOutException"})


def connect(region: str, *, endpoint: str | None = None) -> Any:
    """A client of SNS. Who we are is found as Amazon's own tools do: environment, profile, or the machine's role.

    Args:
        region: where the topics are.
        endpoint: where to reach it, if not at Amazon.
    """
    import boto3  # noqa: PLC0415 - half a second of a start that mostly needs none of it
    from botocore.config import Config  # noqa: PLC0415

    bounds = Config(connect_timeout=_CONNECT, read_timeout=_ANSWER, retries={"total_max_attempts": 1})
    return boto3.client("sns", region_name=region, endpoint_url=endpoint, config=bounds)


def region_of(topic_arn: str) -> str:
    """The region that a topic's name tells."""
    return topic_arn.split(":")[3]


class Topics:
    """Publishes letters on topics; whoever has subscribed knows what to do with them.

    A message is JSON. It holds no address: the listener knows its buyers and makers by their ids.
    """

    def __init__(self, clients: Mapping[str, Any]) -> None:
        #: By region.
        self._clients = clients

    def send(self, letter: Letter) -> str:
        """Publish a letter on the topic that it is addressed to; answers Amazon's id."""
        request: dict[str, Any] = {
            "TopicArn": letter.to,
            "Message": orjson.dumps(_document(letter)).decode(),
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value}
                for name, value in {
                    "kind": letter.kind.value,
                    "recipient": letter.recipient.value,
                    "language": letter.language,
                }.items()
            },
        }
        if letter.to.endswith(".fifo"):
            request |= {"MessageGroupId": str(letter.session_id), "MessageDeduplicationId": str(letter.id)}
        elif subject := _ascii(letter.subject):
            request["Subject"] = subject
        return _publish(self._clients[region_of(letter.to)], request)

    def finish(self) -> None:
        """Nothing: there is no conversation."""


class TextMessages:
    """Sends letters to telephones: what it is about, and the link."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, letter: Letter) -> str:
        """Send a text message; answers Amazon's id."""
        kind = {"DataType": "String", "StringValue": "Transactional"}
        request = {
            "PhoneNumber": letter.to,
            "Message": _short(letter),
            "MessageAttributes": {"AWS.SNS.SMS.SMSType": kind},
        }
        return _publish(self._client, request, refusals=_BAD_NUMBER)

    def finish(self) -> None:
        """Nothing: there is no conversation."""


def _document(letter: Letter) -> dict[str, Any]:
    return {
        "id": str(letter.id),
        "kind": letter.kind,
        "recipient": letter.recipient,
        f"{letter.recipient}Id": letter.party_id,
        "sessionId": str(letter.session_id),
        "auctionId": letter.auction_id,
        "language": letter.language,
        "subject": letter.subject,
        "text": letter.text[:_TEXT],
        "link": letter.link,
        "writtenAt": letter.written_at,
    }


def _ascii(text: str) -> str:
    """As much of a subject as SNS takes: accents go, and what has no ASCII."""
    plain = unicodedata.normalize("NFKD", " ".join(text.split())).encode("ascii", "ignore").decode()
    return "".join(char for char in plain if char.isprintable())[: _SUBJECT - 1].strip()


def _short(letter: Letter) -> str:
    subject = " ".join(letter.subject.split())
    if len(subject) > _SHORT:
        subject = f"{subject[: _SHORT - 1].rstrip()}…"
    return f"{subject} {letter.link}" if letter.link else subject


def _publish(client: Any, request: dict[str, Any], *, refusals: frozenset[str] = frozenset()) -> str:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

    try:
        return str(client.publish(**request)["MessageId"])
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in refusals:
            raise GatewayRefused(f"SNS will not send it: {code}", provider_code=code) from None
        # A topic that is gone, a key that is not ours, too many requests: all letters fare alike.
        away = CarrierAway if status < 500 else GatewayUnavailable  # noqa: PLR2004 - HTTP's server errors
        raise away(f"SNS answered {code}") from None
    except BotoCoreError as error:
        raise CarrierAway(f"SNS is away: {type(error).__name__}") from None
