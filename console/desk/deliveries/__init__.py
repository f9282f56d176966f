"""Deliveries: do the auction and order services know, and were people told?"""
