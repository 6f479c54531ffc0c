"""Auditing a chain of thought: does the answer rely on the steps, told by intervention."""
