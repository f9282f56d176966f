"""Statuses that are read often and followed live."""
