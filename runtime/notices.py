"""Wires what people are told: rules, words, and what carries them."""

from collections.abc import Mapping
from random import Random
from typing import Any

from domain.clock import Clock
from domain.documents import House
from domain.ids import NewId
from domain.notice import Channel
from domain.notices import Recipient
from domain.notifying import Telling
from domain.policies import Policy
from gateways.letters import Carrier
from gateways.mail.compose import compose
from gateways.mail.server import mail_server
from gateways.mail.smtp import Smtp
from gateways.topics import TextMessages, Topics, connect, region_of
from models.leases import Hold
from models.unit_of_work import Begin
from runtime.settings import MailSettings, Settings
from services.observing import Observer
from services.page_links import PageLinks
from services.papers import IssuedPapers, Stored
from services.send_notices import SendNotices
from services.write_letter import WriteLetter


def build_telling(settings: Settings, policies: Mapping[str, Policy], new_id: NewId) -> Telling:
    """What is queued: nothing for a channel that nobody has set up, so that it does not flood people once it is."""
    mail = settings.mail
    return Telling(
        new_id=new_id,
        policies=policies,
        mail=mail.smtp_url is not None,
        # A topic for buyers says that Amazon is set up, and that buyers are to be reached through it.
        text=mail.buyer_topic is not None,
        topics=frozenset(_topics(mail)),
    )


def build_send_notices(
    settings: Settings,
    begin: Begin,
    policies: Mapping[str, Policy],
    links: PageLinks,
    storage: Stored,
    *,
    hold: Hold,
    observer: Observer,
    now: Clock,
    new_id: NewId,
) -> SendNotices:
    """What sends them."""
    write = WriteLetter(
        compose, IssuedPapers(begin, storage), policies, links, build_house(settings), _topics(settings.mail)
    )
    rng = Random()  # noqa: S311 - jitter, not secrets
    return SendNotices(begin, write, build_carriers(settings), hold, observer, now, new_id, rng)


def build_house(settings: Settings) -> House:
    """Whose mails they are."""
    house = settings.house
    return House(house.name, house.address_lines, house.email or settings.mail.sender)


def build_carriers(settings: Settings) -> dict[Channel, Carrier]:
    """What can be sent through. Nothing is connected yet."""
    mail, carriers = settings.mail, dict[Channel, Carrier]()
    if mail.smtp_url is not None and mail.sender is not None:
        server = mail_server(mail.smtp_url.reveal())
        carriers[Channel.EMAIL] = Smtp(server, sender=mail.sender, reply_to=settings.house.email)
    if topics := _topics(mail):
        clients: dict[str, Any] = {}
        for arn in topics.values():
            region = region_of(arn)
            clients[region] = clients.get(region) or connect(region)
        carriers[Channel.TOPIC] = Topics(clients)
        if Recipient.BUYER in topics:
            carriers[Channel.SMS] = TextMessages(clients[region_of(topics[Recipient.BUYER])])
    return carriers


def _topics(mail: MailSettings) -> dict[Recipient, str]:
    named = {Recipient.BUYER: mail.buyer_topic, Recipient.MAKER: mail.maker_topic}
    return {recipient: arn for recipient, arn in named.items() if arn}
