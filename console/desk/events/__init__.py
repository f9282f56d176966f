"""Stripe's events: did Stripe tell us, and did we listen?"""
