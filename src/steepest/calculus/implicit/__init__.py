"""Values that a computation of SciPy finds, of a body with parameters, and their differentials."""
