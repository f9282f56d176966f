"""Stripe, in the verbs of this domain. The only place that knows its library."""
