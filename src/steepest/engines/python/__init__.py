"""Tier 0: a program as readable Python on NumPy arrays."""
