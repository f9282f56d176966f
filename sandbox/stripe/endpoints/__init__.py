"""Stripe's API, one module for each resource: from checked parameters to an act, and back to an object."""
