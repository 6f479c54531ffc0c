"""What runs inside a kernel: the one door, progress, cancel and prompt values."""
