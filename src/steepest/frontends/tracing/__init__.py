"""Recording plain NumPy functions as expressions."""
