"""Rows of which cells are unknown: what an answer costs, how good it is, and beside whose.

``python -m bench.questions`` verifies, measures in some ten minutes and makes a page with pictures;
``--publish`` writes them in docs/results. Parts may be measured again one by one.
"""
