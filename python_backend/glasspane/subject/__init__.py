"""The model and tokenizer being explained: found, loaded, read and guarded."""
