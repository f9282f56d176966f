"""The worker process: broker, middleware, batching, relay, health."""
