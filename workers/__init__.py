"""The worker process: broker, middleware, relay, health."""
