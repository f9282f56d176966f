"""Webhooks: verified, stored durably, somebody rung, answered 200."""
