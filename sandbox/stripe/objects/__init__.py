"""Stripe's objects, newly made, with every field that a response of them has."""
