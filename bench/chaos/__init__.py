"""Breaks the whole stack in every way it promises to survive, then compares bucket, rows and receipts.

`python -m bench.chaos`, or `make chaos`.
"""
