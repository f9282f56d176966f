"""Queues and workers: does it keep up, and until when?"""
