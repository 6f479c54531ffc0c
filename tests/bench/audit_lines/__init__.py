"""The sections of ``audit_speed.py``."""
