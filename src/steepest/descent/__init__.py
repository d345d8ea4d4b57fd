"""Ways down a gradient."""
