"""Many auctions that close together, before a Stripe that takes only so many calls a second."""
