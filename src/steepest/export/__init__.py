"""Formulas as source text that one can keep: NumPy functions and plain C, made from the program that is run."""
