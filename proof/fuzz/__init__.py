"""Fuzzing of what strangers can send: webhooks and queue messages.

    pip install atheris
    python -m proof.fuzz webhook -max_total_time=600
    python -m proof.fuzz message -max_total_time=600

atheris is not among our dependencies, for it does not install everywhere; what it found is kept as tests. The targets
need it not: `tests/proof/test_fuzz.py` runs them over a few thousand inputs.
"""
