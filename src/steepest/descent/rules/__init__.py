"""Update rules of first-order methods, one a file: what a gradient does to the point."""
