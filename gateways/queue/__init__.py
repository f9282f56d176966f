"""The message broker: Dramatiq on Redis or RabbitMQ."""
