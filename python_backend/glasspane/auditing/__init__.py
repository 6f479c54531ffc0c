"""The audit of a chain of thought: does the reasoning that a model writes carry its answer, or only stand beside it?

Steps are replaced by wrong ones, reworded or taken away, and what the model then answers says, with intervals, how far
its answer relies on them.
"""
