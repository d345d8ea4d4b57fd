"""SciPy's solvers inside traced functions: what they find of the user's function, as a value with a differential."""
