"""Learning results: chosen on validation rows, judged once on test rows, kept as small records.

``python -m bench.learning adult fvsbn nade`` runs two recipes on a set, ``--default`` the
estimators without options; ``--ablation adult dna`` takes the ingredients of the default away, one
at a time; ``--table`` renders the report from all records.
"""
