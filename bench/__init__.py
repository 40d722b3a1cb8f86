"""Benchmarks of ardens: verified first, then timed beside other libraries and the machine's limit.

``python -m bench`` runs the whole comparison and writes a report; ``pytest bench
--benchmark-only`` times every operation of every model.
"""
