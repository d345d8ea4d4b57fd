"""Points where a gradient vanishes: the normal equations as expressions, and their stable solution."""
