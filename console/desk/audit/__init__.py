"""Audit: who did what, why, and is the record whole?"""
