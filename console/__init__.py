"""The `api` process: HTTP API, buyer's page, operator console."""
