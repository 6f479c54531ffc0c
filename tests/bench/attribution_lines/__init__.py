"""The sections of ``attribution_speed.py``."""
