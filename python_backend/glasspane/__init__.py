"""Glasspane: see why a language model says what it says, on the prompt itself."""
