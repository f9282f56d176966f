"""Where the payment system and Stripe are, for an auction house and its buyers."""

from dataclasses import dataclass, field

import httpx

from sandbox.auction_house.buyers import NO_PAGE
from sandbox.auction_house.pay_page import CardForm, HostedPage, PayPage
from sandbox.auction_house.payments import Checkout


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the payment system is, and what it is called with. Nobody prints it."""

    api_url: str
    broker_url: str = field(repr=False)
    service_token: str = field(repr=False)
    #: Stripe's stand-in, for buyers who pay through a card form.
    stripe_url: str | None = None

    def page(self, client: httpx.AsyncClient, checkout: Checkout) -> PayPage:
        """What the buyer of a checkout has before them."""
        if checkout.url is None and checkout.client_secret and self.stripe_url:
            return CardForm(client, self.stripe_url, checkout.client_secret)
        return HostedPage(client, checkout.url) if checkout.url else NO_PAGE
