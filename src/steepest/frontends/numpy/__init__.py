"""Capturing plain NumPy functions as expressions."""
