"""Asking why by intervention: activations of one run put into another, and what the answer does then."""
