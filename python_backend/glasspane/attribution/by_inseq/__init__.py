"""inseq's methods, run on the user's own model."""
