"""Probes: linear classifiers on frozen activations, and tests of whether the model uses what they read."""
