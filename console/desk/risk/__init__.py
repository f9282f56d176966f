"""Risk and security: who should not pay, and who should not be here?"""
