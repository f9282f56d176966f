"""The thin web process for Stripe: verify, store, acknowledge."""
