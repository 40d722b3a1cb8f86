"""Small and difficult tables: the estimators without options, beside models that need no care.

``python -m bench.robustness`` measures on all sets in a few minutes, ``--publish`` writes the
table and its page in docs/results. What another version of the package does is measured by its own
Python, from this folder, with ``--out FOLDER``; ``--before FOLDER/robustness.toml`` shows it too.
"""
