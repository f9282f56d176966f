"""What leaves the house: mail, outgoing events, analytics, crash reports."""

from collections.abc import Iterator
from typing import Final

from domain import bells
from runtime.settings import forms, keys, urls
from runtime.settings.problems import Problem
from runtime.settings.secret import Secret, SecretUrl
from runtime.settings.variable import Group, group, optional, variable

_TOPIC: Final = forms.word(
    r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[\w-]+(\.fifo)?", "arn:aws:sns:region:account:topic"
)
_AT_HOME: Final = "off; under `gavelpay run` the simulated auction house listens"
#: The queues on which work comes to us: sending events to one would feed them back.
_OURS: Final = frozenset(
    {"payment_required", *(str(bell).partition(".")[0] for name, bell in vars(bells).items() if name.isupper())}
)


@group
class MailSettings(Group):
    """E-mail over SMTP, text messages over SNS."""

    smtp_url: SecretUrl | None = optional(
        "SMTP_URL",
        urls.secret_url("smtp", "smtps"),
        "The mail server.",
        unset="off; the sandbox's under `gavelpay run`",
    )
    sender: str | None = optional("MAIL_FROM", keys.sender(), "Whom mails come from.", unset="needed with SMTP_URL")
    buyer_topic: str | None = optional("SNS_BUYER_TOPIC_ARN", _TOPIC, "The SNS topic for messages to buyers.")
    maker_topic: str | None = optional("SNS_MAKER_TOPIC_ARN", _TOPIC, "The SNS topic for messages to makers.")

    def problems(self) -> Iterator[Problem]:
        """A mail has a sender."""
        if self.smtp_url and not self.sender:
            yield Problem("MAIL_FROM", "is not set, and SMTP_URL is", keys.sender().right)


@group
class OutgoingEventSettings(Group):
    """Where the auction and order services hear of payments."""

    auction_url: str | None = optional(
        "AUCTION_WEBHOOK_URL", urls.web_url(plain_http=True), "Where auction.… events are posted.", unset=_AT_HOME
    )
    auction_secret: Secret[str] | None = optional(
        "AUCTION_WEBHOOK_SECRET", keys.outgoing_webhook_secret(), "Signs them (Standard Webhooks).", unset=_AT_HOME
    )
    order_url: str | None = optional(
        "ORDER_WEBHOOK_URL", urls.web_url(plain_http=True), "Where order.… events are posted.", unset=_AT_HOME
    )
    order_secret: Secret[str] | None = optional(
        "ORDER_WEBHOOK_SECRET", keys.outgoing_webhook_secret(), "Signs them (Standard Webhooks).", unset=_AT_HOME
    )
    queue: str | None = optional(
        "EVENTS_QUEUE",
        forms.word(r"[A-Za-z_][A-Za-z0-9._-]{0,63}", "a queue's name of 1 to 64 letters, digits and ._-"),
        "A queue of the broker on which outgoing events are sent as messages.",
    )

    def problems(self) -> Iterator[Problem]:
        """An address and its secret need each other; events never go back to where work comes in."""
        pairs = (
            ("AUCTION_WEBHOOK_URL", self.auction_url, "AUCTION_WEBHOOK_SECRET", self.auction_secret),
            ("ORDER_WEBHOOK_URL", self.order_url, "ORDER_WEBHOOK_SECRET", self.order_secret),
        )
        for url_name, url, secret_name, secret in pairs:
            if url and not secret:
                right = keys.outgoing_webhook_secret().right
                yield Problem(secret_name, f"is not set, and {url_name} is", right)
            if secret and not url:
                yield Problem(url_name, f"is not set, and {secret_name} is", "the address that takes the events")
        if self.queue is not None and self.queue.removesuffix(".DQ").removesuffix(".XQ") in _OURS:
            yield Problem("EVENTS_QUEUE", "is the queue on which work comes in", "another queue")


@group
class AnalyticsSettings(Group):
    """Segment. On as soon as there is a key."""

    write_key: Secret[str] | None = optional("SEGMENT_WRITE_KEY", keys.opaque(), "The write key of the Segment source.")
    endpoint: str = variable(
        "SEGMENT_ENDPOINT",
        urls.web_url(plain_http=True, origin_only=True),
        "The base address of Segment's API or of a stand-in.",
        default="https://api.segment.io",
    )


@group
class CrashReportSettings(Group):
    """Sentry."""

    dsn: SecretUrl | None = optional("SENTRY_DSN", urls.secret_url("https", "http"), "Where crashes are reported.")


@group
class TraceSettings(Group):
    """OpenTelemetry. Its library reads the other variables whose names begin with OTEL_ itself."""

    endpoint: str | None = optional(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        urls.web_url(plain_http=True),
        "Where traces go by OTLP over HTTP: the base address of a collector.",
    )
