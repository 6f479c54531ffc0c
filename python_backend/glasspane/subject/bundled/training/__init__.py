"""Text generator, training loops and gates of the bundled models.

``python -m glasspane.subject.bundled.training demo-lm`` trains one model and
writes its folder; ``python -m glasspane.subject.bundled.training.gates demo-lm``
measures the shipped folder on held-out cases.
"""
