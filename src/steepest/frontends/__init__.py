"""Where expressions come from: Python functions that use NumPy."""
