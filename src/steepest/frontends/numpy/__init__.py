"""What NumPy's functions, and relatives of theirs, are as expressions."""
