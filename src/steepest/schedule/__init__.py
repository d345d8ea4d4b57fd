"""From an array program to a schedule: what is computed together, in which loops and lanes, and what is kept where."""
