"""The console's first page: is money flowing, and does anything need me?"""
