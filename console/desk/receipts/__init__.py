"""Receipts and credit notes: is every payment on paper, without a gap?"""
