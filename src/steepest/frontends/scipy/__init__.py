"""What SciPy's subpackages become in a recording: laws of probability, random draws, solvers, interpolation."""
