"""Put a notice into words: what it says of the payment as it stands now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.documents import House, Party
from domain.errors import GatewayRefused
from domain.money import Money
from domain.notice import Channel, Notice
from domain.notices import NoticeContent, NoticeKind, Recipient
from domain.payment import Payment
from domain.policies import Policy
from domain.receipts import language_of
from domain.retries import attempts_left
from domain.transaction import Refund, Transaction
from gateways.letters import Attachment, Letter
from gateways.mail.compose import Composed
from services.page_links import PageLinks
from services.papers import Paper, Papers

#: Notices that a paper goes with.
WITH_PAPER: Final = frozenset({NoticeKind.PAYMENT_RECEIVED, NoticeKind.REFUNDED})
#: Where the auction service may tell a maker's language; `locale` is the buyer's.
_MAKER_LOCALE: Final = "maker_locale"


@dataclass(frozen=True, slots=True)
class WriteLetter:
    """Writes letters. Everything personal is read from the payment, now."""

    compose: Callable[[NoticeContent], Composed]
    papers: Papers
    policies: Mapping[str, Policy]
    links: PageLinks
    house: House
    #: The topic for buyers, and the one for makers.
    topics: Mapping[Recipient, str]

    def __call__(self, payment: Payment, notice: Notice, now: datetime) -> Letter:
        """Write it.

        Raises:
            GatewayRefused: there is nobody to send it to any more.
            ValueError: there are no words for it.
        """
        session = payment.session
        paper = self.papers(notice) if notice.kind in WITH_PAPER else None
        content = self._content(payment, notice, paper, now)
        words = self.compose(content)
        is_buyer = notice.recipient is Recipient.BUYER
        return Letter(
            id=notice.id,
            kind=notice.kind,
            recipient=notice.recipient,
            session_id=session.id,
            auction_id=session.auction_id,
            party_id=session.buyer_id if is_buyer else session.maker_id,
            language=words.language,
            subject=words.subject,
            text=words.text,
            html=words.html,
            written_at=now,
            to=self._address(payment, notice),
            link=content.document_link or content.link,
            attachment=_attachment(paper),
        )

    def _address(self, payment: Payment, notice: Notice) -> str:
        session = payment.session
        by_channel = {
            Channel.EMAIL: session.buyer_email if notice.recipient is Recipient.BUYER else session.maker_email,
            Channel.SMS: session.buyer_phone,
            Channel.TOPIC: self.topics.get(notice.recipient),
        }
        address = by_channel[notice.channel]
        if address is None:
            raise GatewayRefused("there is no address any more")
        return address

    def _content(self, payment: Payment, notice: Notice, paper: Paper | None, now: datetime) -> NoticeContent:
        session = payment.session
        refund = _refund(payment, notice)
        money = payment.transaction(refund.transaction_id) if refund else payment.kept_transaction
        # Whoever holds the link to the buyer's page is the buyer.
        link = self.links.page(session.id) if notice.recipient is Recipient.BUYER else None
        attempt = next((one for one in payment.attempts if one.attempt_no == notice.facts.get("attempt")), None)
        return NoticeContent(
            kind=notice.kind,
            recipient=notice.recipient,
            language=_language(payment, notice.recipient),
            house=self.house,
            buyer=Party.buyer_of(session),
            maker=Party.maker_of(session),
            session_id=session.id,
            auction_id=session.auction_id,
            lot=session.metadata.get("lot"),
            title=session.title,
            amount=Money(money.currency, money.amount_minor) if money else session.amount,
            link=link,
            window_end=session.window_expires_at,
            now=now,
            decline_code=attempt.decline_code if attempt else None,
            attempts_left=attempts_left(session, self.policies[session.policy]),
            next_attempt_at=session.next_retry_at,
            reason=str(money.disposition) if refund and money else session.reason,
            document_number=paper.number if paper else None,
            # Never the storage's own link: that ends within the hour, and mails are read tomorrow.
            document_link=self.links.paper(session.id, paper.number) if paper else None,
            refunded=Money(refund.currency, refund.amount_minor) if refund else None,
            payout=_payout(money) if notice.kind is NoticeKind.LOT_PAID else None,
        )


def _refund(payment: Payment, notice: Notice) -> Refund | None:
    if notice.kind is not NoticeKind.REFUNDED:
        return None
    wanted = UUID(str(notice.facts["refund"]))
    return next(one for one in payment.refunds if one.id == wanted)


def _payout(money: Transaction | None) -> Money | None:
    """What is the maker's: what Stripe has passed on already, or else the price less the platform's fee."""
    if money is None:
        return None
    return Money(money.currency, money.transferred_minor or money.amount_minor - money.platform_fee_minor)


def _language(payment: Payment, recipient: Recipient) -> str:
    session = payment.session
    return language_of(session.locale if recipient is Recipient.BUYER else session.metadata.get(_MAKER_LOCALE))


def _attachment(paper: Paper | None) -> Attachment | None:
    if paper is None or paper.content is None:
        return None
    return Attachment(f"{paper.number}.pdf", paper.content)
