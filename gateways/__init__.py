"""The world outside: Stripe, the queue, the services downstream."""
