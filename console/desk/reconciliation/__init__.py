"""Reconciliation: do our books and Stripe's agree, and what was found and mended?"""
