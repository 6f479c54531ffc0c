"""Which input tokens made the model say this?"""
