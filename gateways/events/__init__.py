"""Outgoing events on the wire: webhooks over HTTP, what stands in them, and its description for receivers."""
