"""The pipeline: events that become completed payments, and messages that become open checkouts."""
