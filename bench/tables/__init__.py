"""Models of whole tables beside each other, every one in a process and an environment of its own.

``python -m bench.tables --publish`` learns every table by every arm, judges what was drawn on rows
held out, and writes figures, page and pictures. `workers` has a script for each kind of model.
"""
