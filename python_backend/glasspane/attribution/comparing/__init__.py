"""Methods beside one another, and prompts beside one another."""
