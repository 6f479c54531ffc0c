"""Methods that walk back through the model: gradients, their averages, and DeepLIFT."""
