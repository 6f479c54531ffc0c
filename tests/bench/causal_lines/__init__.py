"""The sections of ``patching_speed.py``."""
