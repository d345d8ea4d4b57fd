"""From expressions to programs: contraction order, slices instead of selections, divisions, what is stored."""
