"""Text generator, training loops and gates of the bundled models.

``python -m glasspane.subjects.bundled.training demo-lm`` trains one model and
writes its folder; ``python -m glasspane.subjects.bundled.training.gates demo-lm``
measures the shipped folder on held-out cases.
"""
