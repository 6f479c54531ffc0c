"""Methods that leave tokens out: occlusion, LIME, and Shapley values of tokens or of a tree of them."""
