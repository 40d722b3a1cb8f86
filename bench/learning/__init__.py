"""Learning results: chosen on validation rows, judged once on test rows, kept as one small table.

``python -m bench.learning adult fvsbn nade`` runs two recipes on a set, ``--default`` the
estimators without options; ``--ablation adult dna`` takes the ingredients of the default away, one
at a time. Each run writes the table, the page that is made of it and the pictures of its set.
"""
