"""Rewrites of expressions into equal ones: fewer nodes, one canonical form."""
