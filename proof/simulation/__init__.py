"""Deterministic simulation: whole payment lives on the real use cases and SQL, in virtual time, from one seed.

`run.py` is one run · `lots.py` what it is about, drawn by `dice.py` · `loop.py` virtual time · `house.py` the use cases
wired · `database.py` PostgreSQL whose users die at commits · `calls.py` Stripe that loses replies · `courier.py` its
webhooks · `bells.py` the broker and the workers · `looking.py` what they find by themselves · `listeners.py` the
services downstream · `producer.py`, `buyers.py`, `operators.py` people · `checking.py` what must hold in the end ·
`shrinking.py` cuts a failing run down · `servers.py`, `jobs.py` many runs.

A fault is drawn by its address (`lost_after/checkout.sessions.create/lot-17#1`), so one fault less changes no other.
"""
