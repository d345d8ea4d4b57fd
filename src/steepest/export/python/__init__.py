"""A program as a NumPy function written as a person would."""
